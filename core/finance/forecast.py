"""A forecast of MRR by its components, with bands calibrated on the forecast's own past errors; pure, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.errors import InvalidInput
from core.finance import track
from core.finance.track import Record

# What MRR is made to move by; transfers add up to zero, and rates of exchange are taken to stay.
COMPONENTS: Final = ("new", "reactivation", "expansion", "contraction", "churn")
# These grow with those who pay, so they are looked at as a share of the MRR they began with.
_SHARES: Final = frozenset({"expansion", "contraction", "churn"})
_LOSSES: Final = frozenset({"contraction", "churn"})
LEAST_MONTHS: Final = 12
LONGEST: Final = 12
_RECENT: Final = 12
_DAMPING: Final = 0.9
_ALPHA, _BETA = (each.ravel() for each in np.meshgrid([0.1, 0.3, 0.5], [0.0, 0.1, 0.3]))

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fan:
    """What is expected of each coming month, and between which bounds; minor units, the next month first.

    `record` is how well the same method did on the months that are known.
    """

    expected: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    record: Record


@dataclass(frozen=True)
class RevenueForecast:
    """MRR at the ends of the coming months, and each of COMPONENTS within them; `months` are those it rests on."""

    months: int
    mrr: Fan
    components: Mapping[str, Fan]


def forecast(opening: int, flows: Mapping[str, Grid], closing: Grid, horizon: int | None = None) -> RevenueForecast:
    """Forecast from whole months, oldest first: MRR before the first, each of COMPONENTS, and MRR at each end.

    Each component is the mean of two: its average of the last twelve months (MRR drifts by it) and its damped trend
    (Gardner and McKenzie 1985), smoothed by the constants that told each next month best so far. Expansion, contraction
    and churn are shares of the MRR that a month begins with. Bands are conformal: 80 % of the forecasts made from
    earlier months, each from what was known then, erred by no more (see `track`). Raises InvalidInput below twelve
    months, or where nothing is paid: minor units, contraction and churn negative.
    """
    months = len(closing)
    if months >= LEAST_MONTHS and closing[-1] <= 0:
        raise InvalidInput("Nobody pays at the moment, so there is no MRR to forecast.", code="no_revenue")
    if months < LEAST_MONTHS:
        raise InvalidInput(
            f"A forecast needs {LEAST_MONTHS} whole months with revenue, and there are {months}: fewer say nothing "
            "about how far it may be off. It appears by itself once they are there.",
            code="too_few_months",
        )
    ahead = min(horizon or LONGEST, LONGEST, months // 2)
    openings = np.concatenate([[float(opening)], closing[:-1]])
    paths, levels = _from_every_month(openings, flows, closing, ahead)
    naive = np.repeat(closing[:, None], ahead, axis=1)
    mrr = _fan(levels, closing, naive, scale=np.maximum(closing, 1.0), floor=0.0)
    parts = {name: _component(name, paths[name], flows[name]) for name in COMPONENTS}
    return RevenueForecast(months, mrr, parts)


def _from_every_month(
    openings: Grid, flows: Mapping[str, Grid], closing: Grid, ahead: int
) -> tuple[dict[str, Grid], Grid]:
    """Return the forecasts that each month's end would have made, months x steps: of each component, and of MRR."""
    expected = {}
    for name in COMPONENTS:
        series = flows[name]
        if name in _SHARES:
            series = np.divide(series, openings, out=np.zeros_like(openings), where=openings > 0)
        both = (_average(series, ahead) + _damped(series, ahead)) / 2
        expected[name] = np.minimum(both, 0.0) if name in _LOSSES else np.maximum(both, 0.0)
    level, levels = closing, np.empty((len(closing), ahead))
    paths = {name: np.empty((len(closing), ahead)) for name in COMPONENTS}
    for step in range(ahead):
        for name in COMPONENTS:
            moved = expected[name][:, step]
            paths[name][:, step] = moved * level if name in _SHARES else moved
        level = np.maximum(level + sum(paths[name][:, step] for name in COMPONENTS), 0.0)
        levels[:, step] = level
    return paths, levels


def _average(series: Grid, ahead: int) -> Grid:
    """Return for each month the mean of the twelve that end with it, for every step."""
    sums = np.concatenate([[0.0], np.cumsum(series)])
    ends = np.arange(1, len(series) + 1)
    starts = np.maximum(ends - _RECENT, 0)
    return np.repeat(((sums[ends] - sums[starts]) / (ends - starts))[:, None], ahead, axis=1)


def _damped(series: Grid, ahead: int) -> Grid:
    """Return for each month the damped trend from what is known then, for every step.

    All smoothing constants walk along at once, and each month goes by the ones that have erred least until then.
    """
    level, slope = np.full(len(_ALPHA), series[0]), np.zeros(len(_ALPHA))
    erred = np.zeros(len(_ALPHA))
    reach = np.cumsum(_DAMPING ** np.arange(1, ahead + 1))
    made = np.empty((len(series), ahead))
    for at, value in enumerate(series):
        next_one = level + _DAMPING * slope
        erred = erred + (value - next_one) ** 2
        now = _ALPHA * value + (1 - _ALPHA) * next_one
        slope = _BETA * (now - level) + (1 - _BETA) * _DAMPING * slope
        level = now
        best = int(np.argmin(erred))
        made[at] = level[best] + slope[best] * reach
    return made


def _component(name: str, made: Grid, series: Grid) -> Fan:
    naive = np.repeat(series[:, None], made.shape[1], axis=1)
    bounds = {"ceiling": 0.0} if name in _LOSSES else {"floor": 0.0}
    return _fan(made, series, naive, scale=np.ones(len(series)), **bounds)


def _fan(made: Grid, series: Grid, naive: Grid, *, scale: Grid, floor: float = -np.inf, ceiling: float = np.inf) -> Fan:
    wide = track.radius(track.errors(made, series, scale), len(series) - 1) * scale[-1]
    low, high = (np.clip(made[-1] + side * wide, floor, ceiling) for side in (-1, 1))
    expected, lowest, highest = (tuple(round(float(each)) for each in row) for row in (made[-1], low, high))
    return Fan(expected, lowest, highest, track.record(made, naive, series, scale))
