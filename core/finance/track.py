"""How well a forecast has done: its errors from every earlier month, the bands they make, and what those covered."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt

CLAIMED: Final = 0.8
# Half a year is the least that a forecast is made from, also when it is only judged.
FIRST: Final = 5
# Of fewer errors none is so large that four of five lie below it.
LEAST_ERRORS: Final = 4
# A business that has tripled errs otherwise than it did: only the newest errors say how wide a band is.
RECENT: Final = 12
_SHARE: Final = Decimal("0.0001")

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Record:
    """What forecasts from earlier months were worth; None where there was nothing to measure by.

    `mape` and `naive_mape` are mean absolute errors as shares of what came, ours and of "it stays as it is"; `mase` is
    our error by the mean change from month to month until then (Hyndman and Koehler 2006). `skill` is how much smaller
    our error is than the naive one, below zero where it is larger. `forecasts` is how many they are of. `coverage` is
    the share of what came that lay within the band of 80 % as it could be drawn then, of `bands` forecasts.
    """

    forecasts: int
    mape: Decimal | None
    naive_mape: Decimal | None
    mase: Decimal | None
    skill: Decimal | None
    bands: int
    coverage: Decimal | None

    @property
    def better(self) -> bool:
        """Whether it has been better than saying that all stays as it is."""
        return self.skill is not None and self.skill > 0


def errors(made: Grid, series: Grid, scale: Grid) -> Grid:
    """Return how far each forecast was off, as shares of the scale it was made at; NaN where nobody knows yet.

    `made` is months x steps: the forecast from month i of month i + 1 + step. Months before FIRST are left out.
    """
    return (_actual(made, series) - made) / scale[:, None]


def radius(off: Grid, at: int) -> Grid:
    """Return half the width of the band of each step, by what is known at the end of month `at`, as shares of scale.

    Split conformal (Vovk et al. 2005): the smallest of the newest RECENT errors that at least 80 % of n + 1 do not
    exceed. Where a step has fewer than LEAST_ERRORS known it widens from the one before by the root of the distance; no
    band becomes narrower farther ahead. All NaN where not even the first step has them.
    """
    made = np.full(off.shape[1], np.nan)
    for step in range(off.shape[1]):
        known = np.abs(off[: max(at - step, 0), step])
        known = np.sort(known[~np.isnan(known)][-RECENT:])
        if len(known) >= LEAST_ERRORS:
            made[step] = known[ceil((len(known) + 1) * CLAIMED) - 1]
        elif step:
            made[step] = made[step - 1] * np.sqrt((step + 1) / step)
    return np.maximum.accumulate(made)


def record(made: Grid, naive: Grid, series: Grid, scale: Grid) -> Record:
    """Return the track record over all months and steps that came; `naive` has the shape of `made`."""
    actual = _actual(made, series)
    came = ~np.isnan(actual)
    ours, theirs = np.abs(actual - made), np.abs(actual - naive)
    some = came & (actual != 0)
    steps = np.abs(np.diff(series, prepend=series[0]))
    usual = np.cumsum(steps) / np.maximum(np.arange(len(series)), 1)
    moved = came & (usual[:, None] > 0)
    off = errors(made, series, scale)
    wide = np.vstack([radius(off, at) for at in range(len(series))])
    drawn = came & ~np.isnan(wide)
    # As shares of what came, so that large months weigh no more than small ones; unless something came to nothing.
    size = np.where(came, np.abs(actual), 1) if np.array_equal(some, came) else np.ones_like(ours)
    ours_mean, theirs_mean = (_mean(each / size, came) for each in (ours, theirs))
    return Record(
        forecasts=int(came.sum()),
        mape=_said(_mean(ours / np.where(some, np.abs(actual), 1), some)),
        naive_mape=_said(_mean(theirs / np.where(some, np.abs(actual), 1), some)),
        mase=_said(_mean(ours / np.where(moved, usual[:, None], 1), moved)),
        skill=_said(1 - ours_mean / theirs_mean if theirs_mean and ours_mean is not None else None),
        bands=int(drawn.sum()),
        coverage=_said(_mean((np.abs(off) <= wide).astype(float), drawn)),
    )


def _actual(made: Grid, series: Grid) -> Grid:
    """Return what came of each forecast, months x steps; NaN where it has not come, or too little was known."""
    found = np.full(made.shape, np.nan)
    for step in range(made.shape[1]):
        judged = np.arange(FIRST, len(series) - 1 - step)
        found[judged, step] = series[judged + 1 + step]
    return found


def _mean(values: Grid, where: npt.NDArray[np.bool_]) -> float | None:
    return float(values[where].mean()) if where.any() else None


def _said(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value)).quantize(_SHARE)
