"""How much of each limit an install uses: today, on a usual and a busy day, and when it will reach the limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from core.usage.forecast import DaysToLimit, forecast, one_day_spike
from core.usage.limits import WARN_SHARE, Limit
from core.usage.meters import METERS

DAYS = 28
LEAST_DAYS = 3
# How far ahead a limit must still fit when a tier is chosen.
AHEAD_DAYS = 60


@dataclass(frozen=True)
class Consumption:
    """One meter against its limit; `highest` None is UNLIMITED.

    `share` is the busy day's part of the limit: the 90th percentile of whole days, which no single odd day makes.
    `needed` is what a tier must allow to fit the forecast. `reason` says why a number is missing.
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


def daily(limit: Limit, counts: Sequence[int], last_day: date, today: int) -> Consumption:
    """Return a daily meter's consumption from whole days, oldest first and `last_day` last, and today so far."""
    recent = list(counts)[-DAYS:]
    if len(recent) < LEAST_DAYS:
        return _unknown(limit, today, len(recent), f"needs {LEAST_DAYS} whole days, has {len(recent)}")
    busy = int(np.quantile(recent, 0.9, method="nearest"))
    ahead = forecast(counts, last_day)
    highest = limit.highest
    return Consumption(
        meter=limit.meter,
        label=METERS[limit.meter].label,
        highest=highest,
        current=today,
        typical=int(np.median(recent)),
        busy=busy,
        peak=max(recent),
        share=limit.share(busy),
        needed=max(busy, ahead.busy_day(AHEAD_DAYS)) if ahead else busy,
        spike=highest is not None and one_day_spike(recent, WARN_SHARE * highest),
        days_to_limit=ahead.days_to(highest) if ahead and highest is not None else None,
        n=len(recent),
        reason=None if ahead else "a forecast needs 14 whole days",
    )


def standing(limit: Limit, current: int, n: int) -> Consumption:
    """Return the consumption of a meter that has a level and no days: members, bytes of this month."""
    return Consumption(
        meter=limit.meter,
        label=METERS[limit.meter].label,
        highest=limit.highest,
        current=current,
        typical=current,
        busy=current,
        peak=current,
        share=limit.share(current),
        needed=current,
        spike=False,
        days_to_limit=None,
        n=n,
        reason=None,
    )


def unmetered(limit: Limit) -> Consumption:
    """Return the consumption of a meter about which the install reports nothing."""
    return _unknown(limit, None, 0, "the installation does not report it")


def highest_share(rows: Sequence[Consumption]) -> Consumption | None:
    """Return the meter nearest to its limit, or None where no limit is in force or known."""
    return max((row for row in rows if row.share is not None), key=lambda row: row.share or 0.0, default=None)


def _unknown(limit: Limit, current: int | None, n: int, reason: str) -> Consumption:
    label = METERS[limit.meter].label
    return Consumption(limit.meter, label, limit.highest, current, None, None, None, None, None, False, None, n, reason)
