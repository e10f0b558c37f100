"""Answers made by hand, in the shapes in which the catalogue gives them."""

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from core.metrics.answered import Answered, Column
from core.metrics.catalog import metric
from core.metrics.query import Filter, Query, Span

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW = Span(start=date(2026, 11, 21), end=date(2026, 11, 22), label="now", partial=True)
LAST_MONTH = Span(start=date(2026, 10, 1), end=date(2026, 11, 1), label="last month")


def _column(name: str, role: Any = "metric", label: str = "") -> Column:
    known = metric(name.removesuffix("_before").removesuffix("_change"))
    return Column(name, label or known.label, known.unit, role)


def answered(
    query: Query, columns: list[Column], rows: list[dict[str, Any]], span: Span | None = NOW, **rest: Any
) -> Answered:
    """Return an answer whose frame has the given rows."""
    frame = pd.DataFrame(rows, columns=[one.name for one in columns], dtype=object)
    definitions = tuple(metric(one) for one in query.metrics) if query.entity is None else ()
    return Answered(query, tuple(columns), frame, span, AS_OF, definitions, **rest)


def value(metric_id: str, figure: Any, span: Span = NOW, **rest: Any) -> Answered:
    """Return one figure."""
    query = Query(intent="value", metrics=(metric_id,))
    return answered(query, [_column(metric_id)], [{metric_id: figure}], span, **rest)


def compared(metric_id: str, now: Any, before: Any) -> Answered:
    """Return one figure beside the one of the month before."""
    query = Query(intent="compare", metrics=(metric_id,), compare="previous_period", span=LAST_MONTH)
    label = f"{metric(metric_id).label}, the month before"
    columns = [
        _column(metric_id),
        _column(f"{metric_id}_before", "before", label),
        _column(f"{metric_id}_change", "change"),
    ]
    row = {metric_id: now, f"{metric_id}_before": before, f"{metric_id}_change": now - before}
    return answered(query, columns, [row], LAST_MONTH)


def by(metric_id: str, dimension: str, figures: dict[str, Any], **query: Any) -> Answered:
    """Return a figure for each value of a dimension, in the order given."""
    asked = Query(**{"intent": "breakdown", "metrics": (metric_id,), "dimensions": (dimension,), **query})
    columns = [Column(dimension, dimension.capitalize(), "text", "dimension"), _column(metric_id)]
    return answered(asked, columns, [{dimension: name, metric_id: figure} for name, figure in figures.items()])


def by_two(metric_id: str, figures: dict[tuple[str, str], Any]) -> Answered:
    """Return a figure for each pair of tier and country."""
    asked = Query(intent="breakdown", metrics=(metric_id,), dimensions=("tier", "country"))
    columns = [Column("tier", "Tier", "text", "dimension"), Column("country", "Country", "text", "dimension")]
    rows = [{"tier": tier, "country": country, metric_id: figure} for (tier, country), figure in figures.items()]
    return answered(asked, [*columns, _column(metric_id)], rows)


def over_months(metric_id: str, figures: list[Any], series: str | None = None) -> Answered:
    """Return a figure a month from June on; with `series` for as many values of tier."""
    query = Query(intent="trend", metrics=(metric_id,), grain="month", dimensions=("tier",) if series else ())
    columns = [Column("step", "Month", "step", "dimension"), _column(metric_id)]
    names = series.split() if series else [""]
    rows = [
        {"step": pd.Timestamp(2026, 1, 1) + pd.DateOffset(months=5 + at), metric_id: figure, "tier": name}
        for at, figure in enumerate(figures)
        for name in names
    ]
    if series:
        columns.insert(1, Column("tier", "Tier", "text", "dimension"))
    return answered(query, columns, rows, LAST_MONTH)


def drivers(metric_id: str, now: Any, before: Any, causes: list[tuple[str, str, Any, Any]]) -> Answered:
    """Return what changed a figure: (dimension, value, its change, its part of the whole)."""
    unit, label = metric(metric_id).unit, metric(metric_id).label
    columns = [
        Column("cause", "By", "text", "dimension"),
        Column("value", "What", "text", "dimension"),
        Column("now", f"{label}, last month", unit, "metric"),
        Column("before", f"{label}, the month before", unit, "before"),
        Column("change", "Change", unit, "change"),
        Column("part", "Part of the change", "share", "part"),
    ]
    whole = {"cause": "Total", "value": label, "now": now, "before": before, "change": now - before, "part": None}
    rows = [
        {"cause": cause, "value": name, "now": change, "before": 0, "change": change, "part": part}
        for cause, name, change, part in causes
    ]
    return answered(Query(intent="drivers", metrics=(metric_id,)), columns, [whole, *rows], LAST_MONTH)


def customers(names: list[str], **query: Any) -> Answered:
    """Return a list of customers with their MRR."""
    columns = [Column("name", "Customer", "text", "dimension"), Column("mrr", "MRR", "money", "metric")]
    rows = [{"name": name, "mrr": 10_000 * (at + 1)} for at, name in enumerate(names)]
    return answered(Query(intent="list", entity="customers", **query), columns, rows, None)


def churned(customer: str, *filters: Filter) -> Answered:
    """Return a list of one customer's churn."""
    query = Query(
        intent="list", entity="movements", filters=(Filter(member="kind", op="eq", values=("churn",)), *filters)
    )
    columns = [Column("customer", "Customer", "text", "dimension"), Column("kind", "Movement", "text", "dimension")]
    return answered(query, columns, [{"customer": customer, "kind": "churn"}], None)
