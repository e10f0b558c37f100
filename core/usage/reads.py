"""Consumption as it is read: reported usage where an install reports it, else what its telemetry counts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from core.telemetry import reads as telemetry
from core.usage.consumption import Consumption, daily, standing, unmetered
from core.usage.limits import Limit
from core.usage.meters import METERS
from core.usage.records import usage_by_day
from db.session import ReadSession

# Eight weeks, so that each weekday was seen often enough for a forecast.
HISTORY_DAYS = 56


def consumption(
    session: ReadSession, install_id: str, limits: Sequence[Limit], *, members: int, now: datetime
) -> tuple[Consumption, ...]:
    """Return what an install uses of each limit (telemetry plane); `members` are the distinct people of 28 days."""
    return tuple(_of(session, install_id, limit, members, now) for limit in limits)


def api_calls(session: ReadSession, install_id: str, now: datetime) -> dict[date, int]:
    """Return API calls by UTC day, today included, from the first day with any in the last 56.

    Metered records count calls where an install sends them; else events of type api_call are counted, never both.
    """
    end = now.astimezone(UTC).date()
    start = end - timedelta(days=HISTORY_DAYS)
    reported = usage_by_day(session, [install_id], "api_calls_day", start, end)
    found = {day: amount for (_, day), amount in reported.items()}
    if not found:
        counted = telemetry.daily_api_calls(session, install_id, start, end)
        found = dict(zip(counted["day"].tolist(), counted["api_calls"].tolist(), strict=True))
    first = min(found, default=end)
    return {day: found.get(day, 0) for day in (first + timedelta(days=i) for i in range((end - first).days + 1))}


def _of(session: ReadSession, install_id: str, limit: Limit, members: int, now: datetime) -> Consumption:
    today = now.astimezone(UTC).date()
    if limit.meter == "api_calls_day":
        by_day = api_calls(session, install_id, now)
        current = by_day.pop(today, 0)
        return daily(limit, list(by_day.values()), today - timedelta(days=1), current)
    if limit.meter == "members":
        return standing(limit, members, members)
    if METERS[limit.meter].window == "month":
        reported = usage_by_day(session, [install_id], limit.meter, today.replace(day=1), today)
        return standing(limit, sum(reported.values()), len(reported)) if reported else unmetered(limit)
    return unmetered(limit)
