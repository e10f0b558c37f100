"""Asking the catalogue: a closed query in, figures out, by the one way in which each number is computed."""

import operator
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import pandas as pd

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.metrics import checks, spans
from core.metrics.answered import Answered, Column, Figure
from core.metrics.catalog import metric
from core.metrics.drivers import drivers
from core.metrics.fields import DIMENSIONS
from core.metrics.labels import labels, where_of
from core.metrics.listing import listed
from core.metrics.metric import Metric, Undefined, Value
from core.metrics.query import MOST_ROWS, Filter, Query, Span
from core.metrics.recording import RecordingSession
from core.metrics.sources import Sight, facts
from core.metrics.sums import by_group, difference, number, value_of
from core.money import exponent
from db.session import ReadSession

_TOP: Final = 10
_COMPARED: Final = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def answer(control: ReadSession, telemetry: ReadSession, actor: Actor, query: Query, *, now: datetime) -> Answered:
    """Return what the catalogue says to a query; NotPermitted or InvalidInput where it can't be asked.

    `now` is when it is asked, or the instant that the books are looked at; a span that is over is read as of its end.
    """
    checks.require(actor, query)
    recorded = RecordingSession(control), RecordingSession(telemetry)
    sight = Sight(*recorded, actor, now)
    if query.intent == "list":
        made = listed(sight, query)
    elif query.intent == "drivers":
        made = drivers(sight, query, _change_of(query, now))
    elif query.intent == "trend":
        made = _trend(sight, query)
    else:
        made = _figures(sight, query)
    definitions = tuple(metric(one) for one in query.metrics) if query.intent != "list" else ()
    return replace(made, definitions=definitions, sql=tuple(dict.fromkeys(recorded[0].ran + recorded[1].ran)))


def figure(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    metric_id: str,
    *,
    now: datetime,
    span: Span | None = None,
    months: int = 0,
) -> Figure:
    """Return one number of a page with the one before it, and its value of each of the last `months` months."""
    one = metric(metric_id)
    checks.require(actor, Query(intent="value", metrics=(metric_id,)))
    asked = span or spans.default_span(one.default, now)
    sight = Sight(control, telemetry, actor, now)
    past = one.source not in {"customers", "licenses", "upsells"}
    earlier = spans.before(asked) if past and asked.label != "now" else None
    value = _value(sight, one, asked, {})
    before = _value(sight, one, earlier, {}) if earlier else None
    steps = spans.last_months(now, months) if months and past else []
    found = facts(sight, one.source, steps, [], {}) if steps else pd.DataFrame()
    series = by_group(one, found, ["period"]) if len(found) else {}
    trend = tuple(series.get((pd.Timestamp(step.start.replace(tzinfo=None)),), Undefined("")) for step in steps)
    return Figure(one, value, before, asked, earlier, trend)


def span_of(query: Query, now: datetime, metric_id: str | None = None) -> Span:
    """Return the span a query is about: its own, or what a metric of it (the first) is asked for by default."""
    return query.span or spans.default_span(metric(metric_id or query.metrics[0]).default, now)


def _earlier(query: Query, span: Span) -> Span:
    return spans.year_before(span) if query.compare == "same_period_last_year" else spans.before(span)


def _change_of(query: Query, now: datetime) -> Span:
    """Return the span whose change is to be explained; of what is read as of now, the month so far."""
    span = span_of(query, now)
    return spans.default_span("this_month", now) if span.label == "now" else span


def _figures(sight: Sight, query: Query) -> Answered:
    """Answer with one figure, or one a group, beside the same of another time where that is compared."""
    span = span_of(query, sight.as_of)
    earlier = _earlier(query, span) if query.compare or query.intent == "compare" else None
    filters, having = checks.narrowing(query)
    found, old = {}, {}
    for one in query.metrics:
        # Of several numbers without a time, each is of its own: MRR is of now, churn of last month.
        own = span_of(query, sight.as_of, one)
        found[one] = _groups(sight, metric(one), own, query.dimensions, filters)
        old[one] = _groups(sight, metric(one), _earlier(query, own), query.dimensions, filters) if earlier else {}
    frame, undefined = _frame(query, found, old, compared=earlier is not None)
    frame = _ordered(query, _having(frame, having))
    limit = query.limit or (_TOP if query.intent == "top" else MOST_ROWS)
    return Answered(
        query=query,
        columns=_columns(query, earlier),
        frame=_labelled(sight, frame.head(limit).reset_index(drop=True), query.dimensions),
        span=span,
        as_of=sight.as_of,
        undefined=undefined,
        assumptions=_said(query, span, earlier),
        truncated=len(frame) > limit,
    )


def _trend(sight: Sight, query: Query) -> Answered:
    """Answer with a figure for each step of time, by at most one dimension."""
    span = query.span or spans.default_trend(sight.as_of)
    grain = query.grain or spans.grain_of(span)
    steps = spans.periods(span, grain)
    filters, _ = checks.narrowing(query)
    by = list(query.dimensions[:1])
    found: dict[str, dict[Any, Value]] = {}
    for one in query.metrics:
        narrowed = where_of(sight, metric(one), spans.period_of(span), filters)
        found[one] = by_group(metric(one), facts(sight, metric(one).source, steps, by, narrowed), ["period", *by])
    keys = sorted({key for groups in found.values() for key in groups}, key=str)
    rows = [
        {"step": key[0], **dict(zip(by, key[1:], strict=True)), **{one: number(found[one].get(key)) for one in found}}
        for key in keys
    ]
    frame = pd.DataFrame(rows, columns=["step", *by, *query.metrics])
    columns = (
        Column("step", grain.capitalize(), "step", "dimension"),
        *(Column(one, DIMENSIONS[one].label, "text", "dimension") for one in by),
        *(Column(one, metric(one).label, metric(one).unit, "metric") for one in query.metrics),
    )
    return Answered(
        query=query.model_copy(update={"grain": grain}),
        columns=columns,
        frame=_labelled(sight, frame, by),
        span=span,
        as_of=sight.as_of,
        assumptions=_said(query, span, None),
    )


def _groups(
    sight: Sight, one: Metric, span: Span, by: Sequence[str], filters: list[Filter]
) -> dict[tuple[Any, ...], Value]:
    narrowed = where_of(sight, one, spans.period_of(span), filters)
    if not by:
        return {(): _value(sight, one, span, narrowed)}
    found = facts(sight, one.source, [spans.period_of(span)], by, narrowed)
    keys = [*by, "organization_id"] if "customer" in by else [*by]
    return by_group(one, found, keys) if len(found) else {}


def _value(sight: Sight, one: Metric, span: Span, narrowed: dict[str, list[str]]) -> Value:
    return value_of(one, facts(sight, one.source, [spans.period_of(span)], [], narrowed))


def _frame(
    query: Query, found: dict[str, dict[Any, Value]], old: dict[str, dict[Any, Value]], *, compared: bool
) -> tuple[pd.DataFrame, str | None]:
    names = [*query.dimensions, "organization_id"] if "customer" in query.dimensions else [*query.dimensions]
    keys = list(dict.fromkeys(key for groups in (*found.values(), *old.values()) for key in groups))
    rows: list[dict[str, Any]] = []
    undefined = None
    for key in keys:
        row: dict[str, Any] = dict(zip(names, key, strict=True))
        for one in query.metrics:
            value = found[one].get(key, 0 if metric(one).kind == "flow" else None)
            undefined = value.reason if isinstance(value, Undefined) and not names else undefined
            row[one] = number(value)
            if compared:
                before = old[one].get(key)
                row |= {f"{one}_before": number(before), f"{one}_change": difference(value, before)}
        rows.append(row)
    columns = [*names, *(each for one in query.metrics for each in _metric_columns(one, compared=compared))]
    return pd.DataFrame(rows, columns=columns, dtype=object), undefined


def _metric_columns(one: str, *, compared: bool) -> list[str]:
    return [one, f"{one}_before", f"{one}_change"] if compared else [one]


def _columns(query: Query, earlier: Span | None) -> tuple[Column, ...]:
    made = [Column(one, DIMENSIONS[one].label, "text", "dimension") for one in query.dimensions]
    if "customer" in query.dimensions:
        made.append(Column("organization_id", "Organization", "text", "key"))
    for one in query.metrics:
        known = metric(one)
        made.append(Column(one, known.label, known.unit, "metric"))
        if earlier:
            made.append(Column(f"{one}_before", f"{known.label}, {earlier.label}", known.unit, "before"))
            made.append(Column(f"{one}_change", "Change", known.unit, "change"))
    return tuple(made)


def _having(frame: pd.DataFrame, having: list[Filter]) -> pd.DataFrame:
    for one in having:
        if one.member in frame and one.values:
            known = metric(one.member)
            bound = Decimal(one.values[0]).scaleb(exponent(REPORTING) if known.unit == "money" else 0)
            compared = _COMPARED.get(one.op, operator.eq)
            frame = frame[[value is not None and compared(value, bound) for value in frame[one.member]]]
    return frame


def _ordered(query: Query, frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty or not query.dimensions:
        return frame
    member = query.order.member if query.order and query.order.member in frame else query.metrics[0]
    descending = query.order.descending if query.order else True
    values = frame[member] if member in query.dimensions else pd.to_numeric(frame[member])
    return frame.loc[values.sort_values(ascending=not descending, na_position="last", kind="stable").index]


def _labelled(sight: Sight, frame: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    for one in dimensions:
        if one != "customer" and len(frame):
            named = labels(sight, one, set(frame[one]))
            frame = frame.assign(**{one: [named[value] for value in frame[one]]})
    return frame


def _said(query: Query, span: Span, earlier: Span | None) -> tuple[str, ...]:
    said = []
    if query.span is None and span.label != "now":
        said.append(f"No time was named: {span.label}.")
    if span.partial and span.label != "now":
        said.append("The time is not over yet.")
    if earlier is not None:
        said.append(f"Compared with {earlier.label}: {earlier.start:%Y-%m-%d} up to {earlier.end:%Y-%m-%d}.")
    return tuple(said)
