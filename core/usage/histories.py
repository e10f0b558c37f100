"""The history of one meter of one install, with the limit in force and the futures that its forecast sees."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.access.actor import Actor
from core.errors import InvalidInput
from core.periods import midnight
from core.usage.consumption import carried, month_to_date
from core.usage.forecast import DaysToLimit, Forecast, forecast
from core.usage.limits import Limit
from core.usage.meters import METERS
from core.usage.reads import HISTORY_DAYS, Seen, api_calls, calls_in, limits_of, see, sums_by_day
from db.session import ReadSession

DAYS: Final = 90
MOST_DAYS: Final = 366
DAYS_AHEAD: Final = 30


@dataclass(frozen=True)
class Ahead:
    """A day to come: one, five and nine of ten simulated futures stay below these."""

    at: datetime
    low: int
    middle: int
    high: int


@dataclass(frozen=True)
class History:
    """What was used at each point: of a day, an hour or a minute, since the month began, or the level there was.

    The last point is not over yet. `reason` says why there are no points or nothing ahead.
    """

    meter: str
    limit: Limit
    points: tuple[tuple[datetime, int], ...]
    ahead: tuple[Ahead, ...]
    days_to_limit: DaysToLimit | None
    reason: str | None


def history(
    control: ReadSession,
    telemetry: ReadSession,
    actor: Actor,
    install_id: str,
    meter: str,
    *,
    now: datetime,
    days: int = DAYS,
) -> History:
    """Return the last `days` days of a meter up to `now`; hours go back seven days and minutes one hour.

    Needs `usage:read`; NotFound for another tenant's install. The forecast stands on the last 56 whole days, so that
    it is the same however much history is asked for.
    """
    if meter not in METERS:
        raise InvalidInput(f"There is no meter “{meter[:80]}”. Give one of: {', '.join(METERS)}.", field="meter")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"A history goes over 1 to {MOST_DAYS} days.", field="from")
    found = {limit.meter: limit for limit in limits_of(control, actor, install_id, now=now)}
    limit = found.get(meter) or Limit(meter, None, "none")
    seen = see(telemetry, install_id, now, max(days, HISTORY_DAYS))
    window = METERS[meter].window
    if window in {"hour", "minute"}:
        told = calls_in(telemetry, seen, "hour" if window == "hour" else "minute")
        reason = told.reason or "hours and minutes are not forecast"
        return History(meter, limit, told.points, (), None, reason)
    by_day = _by_day(telemetry, seen, meter, max(days, HISTORY_DAYS))
    if not by_day:
        return History(meter, limit, (), (), None, "the installation does not report it")
    ahead = _ahead(by_day, seen, meter)
    shown = _shown(by_day, seen, meter, days)
    fan = ahead.fan(DAYS_AHEAD) if ahead else ()
    return History(
        meter=meter,
        limit=limit,
        points=tuple((midnight(day), used) for day, used in shown.items()),
        ahead=tuple(Ahead(midnight(seen.today + timedelta(days=step)), *three) for step, three in enumerate(fan)),
        days_to_limit=ahead.days_to(limit.highest) if ahead and limit.highest is not None else None,
        reason=None if ahead else _why(meter),
    )


def _by_day(telemetry: ReadSession, seen: Seen, meter: str, days: int) -> dict[date, int]:
    """Return each day's amount or level, today's so far included, from the first day with any."""
    if meter == "api_calls_day":
        counted = api_calls(telemetry, seen.install_id, seen.now, days, seen)
        return counted if any(counted.values()) else {}
    reports = seen.days.get(meter, {})
    if not reports:
        return {}
    first = min(reports)
    if METERS[meter].window == "month":
        amounts = sums_by_day(reports, seen.today)
    else:
        amounts = [*carried(reports, first, seen.yesterday), seen.levels.get(meter, 0)]
    return {first + timedelta(days=step): amount for step, amount in enumerate(amounts)}


def _ahead(by_day: dict[date, int], seen: Seen, meter: str) -> Forecast | None:
    """Return the futures from today on, as the gauges see them."""
    if METERS[meter].unit in {"people", "projects"}:
        return None
    whole = [amount for day, amount in by_day.items() if day < seen.today][-HISTORY_DAYS:]
    made = forecast(whole, seen.yesterday)
    if made is None or METERS[meter].window != "month":
        return made
    return made.in_months(month_to_date(whole, seen.yesterday), seen.yesterday)


def _shown(by_day: dict[date, int], seen: Seen, meter: str, days: int) -> dict[date, int]:
    """Return the days that were asked for; of a month's meter the total since the month began."""
    if METERS[meter].window == "month":
        total, totals = 0, {}
        for day, amount in by_day.items():
            total = amount if day.day == 1 else total + amount
            totals[day] = total
        by_day = totals
    first = seen.today - timedelta(days=days - 1)
    return {day: amount for day, amount in by_day.items() if day >= first}


def _why(meter: str) -> str:
    if METERS[meter].unit in {"people", "projects"}:
        return "people and projects come one by one; nothing is forecast of them"
    return "a forecast needs 14 whole days"
