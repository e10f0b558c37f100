"""Where a series changes its level: PELT by ruptures, with the costs and the penalty that this house gives it."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Series = npt.NDArray[np.float64]
Cost = Callable[[int, int], float]


def level_breaks(values: Sequence[float], variance: float, least: int) -> list[int]:
    """Return where the mean of a series changes, as the indices of the first value at each new level.

    Squared errors over the noise's variance, each break at the price of 2 ln n, as BIC has it for a level and a place
    (Killick, Fearnhead and Eckley 2012); no level is shorter than `least`.
    """
    whole = np.asarray(values, dtype=float)
    sums, squares = _running(whole), _running(whole * whole)

    def cost(start: int, end: int) -> float:
        total = sums[end] - sums[start]
        return (squares[end] - squares[start] - total * total / (end - start)) / variance

    return _breaks(cost, len(whole), least)


def rate_breaks(failed: Sequence[int], counted: Sequence[int], dispersion: float, least: int) -> list[int]:
    """Return where the share of failures changes, as the indices of the first value at each new rate.

    The binomial deviance over the overdispersion, so that days of many events weigh more; otherwise as level_breaks.
    """
    bad, every = _running(np.asarray(failed, dtype=float)), _running(np.asarray(counted, dtype=float))

    def cost(start: int, end: int) -> float:
        return deviance(bad[end] - bad[start], every[end] - every[start]) / dispersion

    return _breaks(cost, len(failed), least)


def deviance(failed: float, counted: float) -> float:
    """Return −2 ln of the likelihood of so many failures at the rate that fits them best."""
    fine = counted - failed
    if failed <= 0 or fine <= 0:
        return 0.0
    return -2 * (failed * math.log(failed / counted) + fine * math.log(fine / counted))


def _breaks(cost: Cost, n: int, least: int) -> list[int]:
    if n < 2 * least:
        return []
    pelt, given = _library()
    found = pelt(custom_cost=given(cost), min_size=least, jump=1).fit(np.zeros((n, 1)))
    return [int(place) for place in found.predict(2 * math.log(n))][:-1]


def _running(values: Series) -> list[float]:
    """Return the sums of the first 0, 1, 2 … values; as plain numbers, which are taken one by one faster."""
    return [0.0, *np.cumsum(values).tolist()]


@functools.cache
def _library() -> tuple[Any, Any]:
    """Return PELT and what makes a cost of a function; the library takes costs as subclasses alone."""
    # It brings SciPy's signal processing along: most of a second that only those pay who look for changes.
    from ruptures.base import BaseCost
    from ruptures.detection import Pelt

    class Given(BaseCost):  # type: ignore[misc]  # the library has no types
        model, min_size = "given", 1

        def __init__(self, cost: Cost) -> None:
            self.cost = cost

        def fit(self, signal: Series) -> "Given":
            self.signal = signal
            return self

        def error(self, start: int, end: int) -> float:
            return self.cost(start, end)

    return Pelt, Given
