"""What made a number change: its difference to the span before, split by every dimension it has."""

from decimal import Decimal
from typing import Any, Final

import pandas as pd

from core.metrics import checks, spans
from core.metrics.answered import Answered, Column
from core.metrics.catalog import metric
from core.metrics.fields import DIMENSIONS
from core.metrics.labels import labels, where_of
from core.metrics.metric import Metric
from core.metrics.query import Query, Span
from core.metrics.sources import Sight, facts
from core.metrics.sums import by_group, difference, number, value_of
from core.periods import Period

SHOWN: Final = 5
_NOT_CAUSES: Final = frozenset({"currency"})


def drivers(sight: Sight, query: Query, span: Span) -> Answered:
    """Return, for each dimension, the values whose part in the change is largest, and the rest of them as one row.

    A part is the value's own change ÷ the whole change; the parts of one dimension add up to 1 where the metric is a
    sum. Dimensions come in the order of surprise: first the one of which a single value explains most beyond its size
    before (explanatory power less expected share; after Adtributor, Bhagwan et al., NSDI 2014), so that one customer
    who made two thirds of a change comes before the tier that holds most of everything anyway.
    """
    one = metric(query.metrics[0])
    earlier = spans.year_before(span) if query.compare == "same_period_last_year" else spans.before(span)
    filters, _ = checks.narrowing(query)
    now, before = spans.period_of(span), spans.period_of(earlier)
    narrowed = where_of(sight, one, now, filters)
    whole_facts = facts(sight, one.source, _in_order((now, before)), [], narrowed)
    total = [number(value_of(one, _of(whole_facts, each))) for each in (now, before)]
    change = difference(*total)
    causes = [each for each in (query.dimensions or one.dimensions) if each not in _NOT_CAUSES and each not in narrowed]
    parts = [_parts(sight, one, each, (now, before), narrowed, change) for each in causes]
    parts.sort(key=lambda rows: -_surprise(rows, total[1]))
    rows = [row for group in parts for row in group]
    whole = {"cause": "Total", "value": one.label, "now": total[0], "before": total[1], "change": change, "part": None}
    frame = pd.DataFrame(
        [whole, *rows], columns=["cause", "value", "now", "before", "change", "part", "organization_id"], dtype=object
    )
    return Answered(
        query=query,
        columns=(
            Column("cause", "By", "text", "dimension"),
            Column("value", "What", "text", "dimension"),
            Column("now", f"{one.label}, {span.label}", one.unit, "metric"),
            Column("before", f"{one.label}, {earlier.label}", one.unit, "before"),
            Column("change", "Change", one.unit, "change"),
            Column("part", "Part of the change", "share", "part"),
            Column("organization_id", "Organization", "text", "key"),
        ),
        frame=frame,
        span=span,
        as_of=sight.as_of,
        assumptions=(f"Compared with {earlier.label}: {earlier.start:%Y-%m-%d} up to {earlier.end:%Y-%m-%d}.",),
    )


def _in_order(periods: tuple[Period, Period]) -> list[Period]:
    return sorted(periods, key=lambda each: each.start)


def _of(found: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Return the rows of one period of facts."""
    return found[found["period"] == period.start.replace(tzinfo=None)] if len(found) else found


def _surprise(rows: list[dict[str, Any]], before: int | Decimal | None) -> Decimal:
    """Return by how much the value that explains most explains more than its share before."""
    whole = Decimal(before) if before else Decimal(1)
    return max((abs(row["part"] or 0) - abs(Decimal(row["before"]) / whole) for row in rows), default=Decimal(-1))


def _parts(
    sight: Sight,
    one: Metric,
    dimension: str,
    periods: tuple[Period, Period],
    narrowed: dict[str, list[str]],
    change: int | Decimal | None,
) -> list[dict[str, Any]]:
    keys = ["customer", "organization_id"] if dimension == "customer" else [dimension]
    found = facts(sight, one.source, _in_order(periods), [dimension], narrowed)
    now, before = (by_group(one, _of(found, each), keys) for each in periods)
    named = labels(sight, dimension, {key[0] for key in (*now, *before)})
    rows = []
    for key in dict.fromkeys((*now, *before)):
        left, right = number(now.get(key)) or 0, number(before.get(key)) or 0
        rows.append(_row(dimension, named[key[0]], left, right, change, key[1] if len(key) > 1 else None))
    rows.sort(key=lambda row: -abs(row["change"]))
    moved = [row for row in rows if row["change"]]
    rest = moved[SHOWN:]
    if rest:
        name = f"{len(rest)} others"
        left, right = (sum(row[side] for row in rest) for side in ("now", "before"))
        return [*moved[:SHOWN], _row(dimension, name, left, right, change, None)]
    return moved


def _row(
    dimension: str, value: str, now: Any, before: Any, change: int | Decimal | None, organization_id: object
) -> dict[str, Any]:
    moved = now - before
    return {
        "cause": DIMENSIONS[dimension].label,
        "value": value,
        "now": now,
        "before": before,
        "change": moved,
        "part": Decimal(moved) / Decimal(change) if change else None,
        "organization_id": organization_id,
    }
