"""What fits a number of the catalogue: the splits that it has, and the time it is told for."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from core.ask import calendar_spans as spans
from core.ask.time_periods import Time
from core.metrics.catalog import METRICS
from core.metrics.fields import DIMENSIONS
from core.metrics.metric import Metric
from core.metrics.query import Span

# Sources that say how things stand and not how they stood.
PRESENT_ONLY: Final = frozenset({"customers", "licenses", "upsells"})


def not_split(metrics: Sequence[str], dimensions: Sequence[str]) -> str:
    """Return why numbers can't be split so, or an empty text where they can."""
    if len(dimensions) > 2:
        return "A figure can be split by two things at most."
    for metric_id in metrics:
        one = METRICS[metric_id]
        for dimension in dimensions:
            if dimension not in one.dimensions:
                known = ", ".join(DIMENSIONS[each].label.lower() for each in one.dimensions)
                by = DIMENSIONS[dimension].label.lower()
                return f"{one.label} is not known by {by}. " + (
                    f"It can be split by {known}." if known else "It has no parts to be split into."
                )
    return ""


def span_of(time: Time | None, one: Metric, today: date) -> tuple[Span | None, list[str]]:
    """Return the span of a number: a sum's day "three months ago" is that month, "as of" a month the month."""
    if time is None or time.span is None:
        return None, []
    if time.open == "start" and one.kind == "flow":
        return time.span, ["No beginning was named: from the first books on."]
    if time.kind == "duration":
        return time.span, [f"{time.span.label} are the whole days before today."]
    if time.kind == "point" and one.kind != "snapshot":
        if time.inner is not None:
            return time.inner, []
        if time.unit not in {None, "day"}:
            around = spans.around(time.unit or "day", time.span.start, today)
            return around, [f"{time.span.label.capitalize()} is read as {around.label}."]
    return time.span, []
