"""How much of each limit an install uses: now, on a usual and a busy day, and when it will reach the limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from core.licensing.limits import Source
from core.usage.forecast import DaysToLimit, Forecast, forecast, one_day_spike
from core.usage.limits import WARN_SHARE, Limit
from core.usage.meters import METERS

DAYS = 28
LEAST_DAYS = 3
# How far ahead a limit must still fit when a tier is chosen.
AHEAD_DAYS = 60
NO_FORECAST = "a forecast needs 14 whole days"


@dataclass(frozen=True)
class Consumption:
    """One meter against its limit; `highest` None is UNLIMITED, or with `source` none that nothing limits it.

    `share` is the busy day's part of the limit: the 90th percentile of whole days, which no single odd day makes.
    `needed` is what a tier must allow to fit the forecast. `change` is the growth of 28 days over the 28 before, as a
    fraction. `cycles` are the last two runs of 28 days, the older first: what each had of a monthly meter, or the busy
    day of a daily one. `reason` says why a number is missing.
    """

    meter: str
    label: str
    highest: int | None
    current: int | None
    typical: int | None
    busy: int | None
    peak: int | None
    share: float | None
    needed: int | None
    spike: bool
    days_to_limit: DaysToLimit | None
    n: int
    reason: str | None
    source: Source = "tier"
    change: float | None = None
    cycles: tuple[int, ...] = ()


def daily(limit: Limit, counts: Sequence[int], last_day: date, today: int) -> Consumption:
    """Return a daily meter's consumption from whole days, oldest first and `last_day` last, and today so far."""
    recent = list(counts)[-DAYS:]
    if len(recent) < LEAST_DAYS:
        return unknown(limit, f"needs {LEAST_DAYS} whole days, has {len(recent)}", today, len(recent))
    ahead = forecast(counts, last_day)
    highest = limit.highest
    busy = int(np.quantile(recent, 0.9, method="nearest"))
    return Consumption(
        meter=limit.meter,
        label=METERS[limit.meter].label,
        highest=highest,
        current=today,
        typical=int(np.median(recent)),
        busy=busy,
        peak=max(recent),
        share=limit.share(busy),
        needed=_needed(busy, ahead),
        spike=highest is not None and one_day_spike(recent, WARN_SHARE * highest),
        days_to_limit=_days_to(limit, ahead),
        n=len(recent),
        reason=None if ahead else NO_FORECAST,
        source=limit.source,
        change=growth(counts),
        cycles=_cycles(counts, lambda days: int(np.quantile(days, 0.9, method="nearest"))),
    )


def monthly(limit: Limit, counts: Sequence[int], last_day: date, today: int) -> Consumption:
    """Return the consumption of a meter that begins anew each UTC month, from its whole days and today so far."""
    before = month_to_date(counts, last_day)
    current = today + (before if (last_day + timedelta(days=1)).day != 1 else 0)
    ahead = forecast(counts, last_day)
    totals = ahead.in_months(before, last_day) if ahead else None
    return replace(_level(limit, current, len(counts), totals, growth(counts)), cycles=_cycles(counts, sum))


def level(limit: Limit, levels: Sequence[int], last_day: date, current: int) -> Consumption:
    """Return the consumption of a level from its whole days (see carried) and its latest report.

    Only storage is forecast: people and projects come one by one, of which no line can be drawn.
    """
    ahead = forecast(levels, last_day) if METERS[limit.meter].unit == "bytes" else None
    change = growth(levels, level=True)
    return _level(limit, current, len(levels), ahead, change)


def momentary(limit: Limit, counts: Sequence[int], reason: str | None) -> Consumption:
    """Return the consumption of an hourly or minutely meter; the last of the counts is the one that is running."""
    if reason is not None or len(counts) <= LEAST_DAYS:
        return unknown(limit, reason or "nothing is known yet", None, 0)
    whole = list(counts)[:-1]
    busy = int(np.quantile(whole, 0.9, method="nearest"))
    return Consumption(
        meter=limit.meter,
        label=METERS[limit.meter].label,
        highest=limit.highest,
        current=counts[-1],
        typical=int(np.median(whole)),
        busy=busy,
        peak=max(whole),
        share=limit.share(busy),
        needed=busy,
        spike=False,
        days_to_limit=None,
        n=len(whole),
        reason=None,
        source=limit.source,
    )


def standing(limit: Limit, current: int, n: int) -> Consumption:
    """Return the consumption of a meter of which only the present is known."""
    return _level(limit, current, n, None, None)


def unmetered(limit: Limit) -> Consumption:
    """Return the consumption of a meter about which the install reports nothing."""
    return unknown(limit, "the installation does not report it", None, 0)


def unknown(limit: Limit, reason: str, current: int | None, n: int) -> Consumption:
    """Return the consumption of a meter of which too little is known to say more than now."""
    label = METERS[limit.meter].label
    nothing = (None, None, None, None, None, False, None)
    return Consumption(limit.meter, label, limit.highest, current, *nothing, n, reason, limit.source)


def highest_share(rows: Sequence[Consumption]) -> Consumption | None:
    """Return the meter nearest to its limit, or None where no limit is in force or known."""
    return max((row for row in rows if row.share is not None), key=lambda row: row.share or 0.0, default=None)


def growth(counts: Sequence[int], *, level: bool = False) -> float | None:
    """Return what the last 28 days have over the 28 before, as a fraction; None where either is not whole or empty.

    The highest day of each is left out, since one day's incident is no growth. A level is compared with its own of 28
    days ago.
    """
    if len(counts) < 2 * DAYS:
        return None
    last, before = list(counts[-DAYS:]), list(counts[-2 * DAYS : -DAYS])
    new, old = (last[-1], before[-1]) if level else (sum(last) - max(last), sum(before) - max(before))
    return new / old - 1 if old else None


def month_to_date(counts: Sequence[int], last_day: date) -> int:
    """Return the sum of the days since the month of `last_day` began."""
    return sum(list(counts)[-last_day.day :])


def carried(reports: dict[date, int], first: date, last: date) -> list[int]:
    """Return a level for each day from `first`, which must have a report: it holds until the next report."""
    levels, value = [], reports[first]
    for step in range((last - first).days + 1):
        value = reports.get(first + timedelta(days=step), value)
        levels.append(value)
    return levels


def _cycles(counts: Sequence[int], of: Callable[[list[int]], int]) -> tuple[int, ...]:
    """Return both of the last two runs of 28 days, or nothing where they are not whole."""
    if len(counts) < 2 * DAYS:
        return ()
    return of(list(counts[-2 * DAYS : -DAYS])), of(list(counts[-DAYS:]))


def _level(limit: Limit, current: int, n: int, ahead: Forecast | None, change: float | None) -> Consumption:
    return Consumption(
        meter=limit.meter,
        label=METERS[limit.meter].label,
        highest=limit.highest,
        current=current,
        typical=current,
        busy=current,
        peak=current,
        share=limit.share(current),
        needed=_needed(current, ahead),
        spike=False,
        days_to_limit=_days_to(limit, ahead),
        n=n,
        reason=None,
        source=limit.source,
        change=change,
    )


def _needed(busy: int, ahead: Forecast | None) -> int:
    return max(busy, ahead.busy_day(AHEAD_DAYS)) if ahead else busy


def _days_to(limit: Limit, ahead: Forecast | None) -> DaysToLimit | None:
    return ahead.days_to(limit.highest) if ahead and limit.highest is not None else None
