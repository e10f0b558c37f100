"""What is inferred is either an estimate with its interval, n and method, or an abstention with its reason."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

Numbers = Sequence[float] | npt.NDArray[Any]
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval, the count it stands on and the method; a plain count has no interval."""

    value: float
    low: float | None
    high: float | None
    n: int
    method: str


@dataclass(frozen=True)
class Abstention:
    """Why no number is given, in words for a person, and the n there was."""

    reason: str
    n: int


Figure = Estimate | Abstention


def known(figure: Figure) -> TypeGuard[Estimate]:
    """Whether a number was given."""
    return isinstance(figure, Estimate)


def value_of(figure: Figure) -> float | None:
    """Return the number, or None where the figure abstains."""
    return figure.value if isinstance(figure, Estimate) else None


def count(value: float, method: str = "counted") -> Estimate:
    """Return something counted as a figure: exact, so without an interval."""
    return Estimate(float(value), None, None, round(value), method)


def too_few(what: str, needed: int, n: int) -> Abstention:
    """Return the commonest abstention: `what` needs more than there is."""
    return Abstention(f"needs {needed:,} {what}, has {n:,}", n)


def wilson(successes: int, n: int) -> Figure:
    """Return a share with Wilson's score interval (1927), whose coverage holds near 0 and 1 and at small n."""
    if n <= 0:
        return Abstention("nothing was counted", 0)
    share = successes / n
    spread = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n * n))
    middle = share + Z95**2 / (2 * n)
    scale = 1 + Z95**2 / n
    low = 0.0 if successes == 0 else (middle - spread) / scale
    high = 1.0 if successes == n else (middle + spread) / scale
    return Estimate(share, low, high, n, "Wilson 95%")


def mean(values: Numbers, what: str, floor: float = 0.0) -> Figure:
    """Return the mean with its normal 95% interval, cut off below at `floor`; two values at least."""
    if len(values) < 2:
        return too_few(what, 2, len(values))
    sample = np.asarray(values, dtype=float)
    middle = float(sample.mean())
    spread = Z95 * float(sample.std(ddof=1)) / math.sqrt(len(sample))
    return Estimate(middle, max(floor, middle - spread), middle + spread, len(sample), "mean, normal 95%")


def quantile(values: Numbers, share: float, what: str, least: int = 5) -> Figure:
    """Return a quantile with the order-statistic 95% interval (no assumption on the distribution's form)."""
    n = len(values)
    if n < least:
        return too_few(what, least, n)
    ordered = np.sort(np.asarray(values, dtype=float))
    spread = Z95 * math.sqrt(n * share * (1 - share))
    low = max(0, math.floor(n * share - spread) - 1)
    high = min(n - 1, math.ceil(n * share + spread))
    method = f"p{share * 100:g}, order-statistic 95%"
    return Estimate(float(np.quantile(ordered, share)), float(ordered[low]), float(ordered[high]), n, method)


def ratio_of_sums(parts: Numbers, wholes: Numbers, what: str) -> Figure:
    """Return sum(parts)/sum(wholes) with a 95% interval from the spread between the units (Cochran 1977, 6.4)."""
    n = len(wholes)
    total = float(np.sum(wholes))
    if n < 2 or total <= 0:
        return too_few(what, 2, n)
    part, whole = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    ratio = float(part.sum()) / total
    residual = part - ratio * whole
    spread = Z95 * math.sqrt(n / (n - 1) * float((residual**2).sum())) / total
    return Estimate(ratio, max(0.0, ratio - spread), ratio + spread, n, "ratio of sums, 95%")
