"""Spans of time a question or a tile is about: what a metric's default means, the span before, and its grains."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from core.errors import InvalidInput
from core.metrics.metric import Default
from core.metrics.query import Grain, Span
from core.periods import Period, add_months, midnight, months_until

MOST_PERIODS: Final = 400
_MONTHS: Final[dict[Grain, int]] = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Final[dict[Grain, int]] = {"day": 1, "week": 7}


def default_span(default: Default, now: datetime) -> Span:
    """Return the span of a question that names none; `last_…_months` are whole months, before the running one."""
    today = now.astimezone(UTC).date()
    first = today.replace(day=1)
    if default == "now":
        return Span(start=today, end=today + timedelta(days=1), label="now", partial=True)
    if default == "this_month":
        return Span(start=first, end=_later(first, 1), label="this month so far", partial=True)
    months = {"last_month": 1, "last_6_months": 6, "last_12_months": 12}[default]
    label = "last month" if months == 1 else f"the last {months} whole months"
    return Span(start=_later(first, -months), end=first, label=label)


def default_trend(now: datetime) -> Span:
    """Return what a question "over time" means that names no time: the last twelve whole months and this one."""
    first = now.astimezone(UTC).date().replace(day=1)
    return Span(start=_later(first, -12), end=_later(first, 1), label="the last 12 months and this one", partial=True)


def last_months(now: datetime, count: int) -> list[Period]:
    """Return the last months, oldest first, the running one included."""
    return months_until(now, count)


def period_of(span: Span) -> Period:
    """Return the span as instants."""
    return Period(midnight(span.start), midnight(span.end))


def end_of(span: Span, now: datetime) -> datetime:
    """Return the last instant of a span, or now where it is not over."""
    return min(now, midnight(span.end) - timedelta(microseconds=1))


def before(span: Span) -> Span:
    """Return the span just before, as long: whole months before whole months, else as many days."""
    if span.start.day == 1 and span.end.day == 1:
        months = (span.end.year - span.start.year) * 12 + span.end.month - span.start.month
        return Span(start=_later(span.start, -months), end=span.start, label=_before_label(months))
    days = (span.end - span.start).days
    label = "the day before" if days == 1 else f"the {days} days before"
    return Span(start=span.start - timedelta(days=days), end=span.start, label=label)


def year_before(span: Span) -> Span:
    """Return the same span a year before."""
    return Span(start=_later(span.start, -12), end=_later(span.end, -12), label="the same time a year before")


def grain_of(span: Span) -> Grain:
    """Return the time step that shows a span in a few dozen steps."""
    days = (span.end - span.start).days
    return "day" if days <= 45 else "week" if days <= 100 else "month" if days <= 1200 else "quarter"


def periods(span: Span, grain: Grain) -> list[Period]:
    """Return the span's whole steps, oldest first; those at its ends are whole too, so that each can be compared."""
    found = [_step_start(span.start, grain)]
    while (following := _next(found[-1], grain)) < span.end:
        if len(found) == MOST_PERIODS:
            raise InvalidInput(f"That is more than {MOST_PERIODS} steps. Ask for a shorter time or longer steps.")
        found.append(following)
    return [Period(midnight(day), midnight(_next(day, grain))) for day in found]


def _step_start(day: date, grain: Grain) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain in _MONTHS:
        months = _MONTHS[grain]
        return day.replace(day=1, month=(day.month - 1) // months * months + 1)
    return day


def _next(day: date, grain: Grain) -> date:
    return day + timedelta(days=_DAYS[grain]) if grain in _DAYS else _later(day, _MONTHS[grain])


def _later(day: date, months: int) -> date:
    return add_months(midnight(day), months).date()


def _before_label(months: int) -> str:
    names = {1: "the month before", 3: "the quarter before", 12: "the year before"}
    return names.get(months, f"the {months} months before")
