"""Whether use grows or shrinks: Theil and Sen's slope over whole weeks, with Sen's interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from core.culture.estimate import Z95, Estimate, Figure, known, too_few
from core.culture.observations import Observations

LEAST_WEEKS = 4
LEAST_A_WEEK = 5


@dataclass(frozen=True)
class Week:
    """Seven whole UTC days, the first of which is `week`."""

    week: date
    events: int
    errors: int


@dataclass(frozen=True)
class Trend:
    """`change` is a fraction per four weeks: -0.2 is a fifth less."""

    change: Figure
    weekly: tuple[Week, ...]


def read_trend(observed: Observations) -> Trend:
    """Return the trend of the whole weeks that ended before today, twelve at most, from the first full one on."""
    weekly = _weeks(observed)
    return Trend(change_per_four_weeks([week.events for week in weekly]), weekly)


def change_per_four_weeks(events: Sequence[int]) -> Figure:
    """Return exp(4 × slope) − 1 of log weekly events; robust to two odd weeks in seven (Theil 1950, Sen 1968)."""
    n = len(events)
    if n < LEAST_WEEKS:
        return too_few("whole weeks", LEAST_WEEKS, n)
    if sum(events) < LEAST_A_WEEK * n:
        return too_few("events in these weeks", LEAST_A_WEEK * n, sum(events))
    logs = np.log1p(np.asarray(events, dtype=float))
    first, second = np.triu_indices(n, k=1)
    slopes = np.sort((logs[second] - logs[first]) / (second - first))
    spread = Z95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = slopes[max(0, math.floor((len(slopes) - spread) / 2))]
    high = slopes[min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2) - 1)]
    value, low, high = (math.expm1(4 * float(slope)) for slope in (np.median(slopes), low, high))
    return Estimate(value, low, high, n, "Theil–Sen over weeks, 95%")


def shown_change(change: Figure) -> float | None:
    """Return the change that the data bear out: the end of the interval nearest to none, 0 where it holds none."""
    if not known(change) or change.low is None or change.high is None:
        return None
    return max(change.low, 0.0) + min(change.high, 0.0)


def _weeks(observed: Observations) -> tuple[Week, ...]:
    days = observed.whole_weeks
    starts = range(0, len(days.events), 7)
    return tuple(
        Week(days.first_day + timedelta(days=at), sum(days.events[at : at + 7]), sum(days.errors[at : at + 7]))
        for at in starts
    )
