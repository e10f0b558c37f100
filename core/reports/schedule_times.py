"""When a report is due: weeks and months in UTC, the period each time is of, and the days that it tells of."""

from calendar import day_name
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args

from core.periods import add_months, midnight, month_start

Rhythm = Literal["weekly", "monthly"]
RHYTHMS: Final[tuple[Rhythm, ...]] = get_args(Rhythm)
# The days there are: of a week 1 is Monday, of a month the 28th is the last that each has.
LAST_DAY: Final[dict[Rhythm, int]] = {"weekly": 7, "monthly": 28}
_WEEK: Final = timedelta(days=7)


def last_due(rhythm: Rhythm, day: int, hour: int, now: datetime) -> datetime:
    """Return the latest instant, `now` included, at which it was due."""
    if rhythm == "weekly":
        today = now.astimezone(UTC)
        due = midnight(today.date() - timedelta(days=today.isoweekday() - day)) + timedelta(hours=hour)
        return due if due <= now else due - _WEEK
    due = month_start(now) + timedelta(days=day - 1, hours=hour)
    return due if due <= now else add_months(due, -1)


def next_due(rhythm: Rhythm, day: int, hour: int, now: datetime) -> datetime:
    """Return the first instant after `now` at which it is due."""
    due = last_due(rhythm, day, hour, now)
    return due + _WEEK if rhythm == "weekly" else add_months(due, 1)


def period_named(rhythm: Rhythm, due: datetime) -> str:
    """Return what the period is called under which it is sent once: 2026-W47 (ISO 8601), 2026-11."""
    year, week, _ = due.isocalendar()
    return f"{year}-W{week:02d}" if rhythm == "weekly" else f"{due:%Y-%m}"


def days_told(rhythm: Rhythm, due: datetime) -> tuple[date, date]:
    """Return the first and last day that it tells of: the seven before it is due, or the last whole month."""
    if rhythm == "weekly":
        return due.date() - _WEEK, due.date() - timedelta(days=1)
    end = month_start(due)
    return add_months(end, -1).date(), (end - timedelta(days=1)).date()


def said(rhythm: str, day: int, hour: int) -> str:
    """Return when it is sent, in words."""
    on = f"{day_name[day - 1]}s" if rhythm == "weekly" else f"Day {day} of each month"
    return f"{on}, {hour:02d}:00 UTC"
