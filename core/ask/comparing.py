"""Comparisons with another time: the span before, or the same a year ago; nothing else can be compared."""

from datetime import date
from typing import Any

from core.ask import calendar_spans as spans
from core.ask.calendar_spans import DAY, Unit
from core.ask.reading import Reading, answer, clarify
from core.ask.slots import Slots
from core.ask.time_periods import Time
from core.metrics.metric import Metric
from core.metrics.query import Comparison, Query, Span
from core.metrics.spans import before, year_before


def compared(slots: Slots, one: Metric, parts: dict[str, Any], assumptions: list[str], today: date) -> Reading | None:
    """Return a figure beside that of another time, or None where groups and no times are compared."""
    against = slots.against[0] if slots.against else None
    span: Span | None = parts["span"]
    if against is None:
        if not slots.asks("change") and parts["dimensions"]:
            return None
        return _before(slots, one, span, parts, assumptions, today)
    if against.kind == "comparison":
        mode: Comparison = against.compare or "previous_period"
        if mode == "previous_period" and span is None:
            return _before(slots, one, span, parts, assumptions, today)
        return answer(Query(intent="compare", compare=mode, **parts), assumptions)
    return _with(against, one, span, parts, assumptions, today)


def _before(
    slots: Slots, one: Metric, span: Span | None, parts: dict[str, Any], assumptions: list[str], today: date
) -> Reading:
    if slots.times and slots.times[0].open:
        return answer(Query(intent="trend", **parts), assumptions)
    if span is None and one.default == "now":
        parts = {**parts, "span": spans.this("month", today)}
        assumptions = [*assumptions, "No time was named: this month against last month."]
    return answer(Query(intent="compare", compare="previous_period", **parts), assumptions)


def _with(
    against: Time, one: Metric, span: Span | None, parts: dict[str, Any], assumptions: list[str], today: date
) -> Reading:
    other = against.span
    if other is None:
        return clarify("Compared with what?")
    if span is None and other.start == spans.later(today, -12) and other.end == other.start + DAY:
        return answer(Query(intent="compare", compare="same_period_last_year", **parts), assumptions)
    if span is None:
        span = _running(other, today)
        if span is None:
            return _either(other, one, {**parts, "span": None}, today)
        if span.label == "this year":
            return answer(Query(intent="compare", compare="same_period_last_year", **parts), assumptions)
        parts = {**parts, "span": span}
    mode = _mode(span, other, today)
    if mode is None:
        return _either(other, one, parts, today)
    return answer(Query(intent="compare", compare=mode, **parts), assumptions)


def _running(other: Span, today: date) -> Span | None:
    """Return the running month, quarter… that follows on the span it is compared with."""
    units: tuple[Unit, ...] = ("day", "week", "month", "quarter", "half", "year")
    for unit in units:
        if spans.last(unit, today).start == other.start and spans.last(unit, today).end == other.end:
            return spans.this(unit, today)
    return None


def _mode(span: Span, other: Span, today: date) -> Comparison | None:
    earlier = before(span)
    if (earlier.start, earlier.end) == (other.start, other.end):
        return "previous_period"
    a_year = year_before(span)
    if (a_year.start, a_year.end) == (other.start, other.end):
        return "same_period_last_year"
    last_year = spans.last("year", today)
    whole_year = (other.start, other.end) == (last_year.start, last_year.end)
    a_year_ago = other.end - other.start == DAY and a_year.start <= other.start < a_year.end
    return "same_period_last_year" if (whole_year and (span.end - span.start).days < 360) or a_year_ago else None


def _either(other: Span, one: Metric, parts: dict[str, Any], today: date) -> Reading:
    kept = {**parts, "span": parts["span"] or other}
    return clarify(
        f"A time can be compared with the one before it or with the same a year ago, not with {other.label}.",
        [
            (f"{one.label} against the time before", Query(intent="compare", compare="previous_period", **kept)),
            (f"{one.label} against a year ago", Query(intent="compare", compare="same_period_last_year", **kept)),
        ],
    )
