"""Finding when weekly use or the daily share of failures went to another level, and what keeps noise from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.culture.estimate import Estimate
from core.culture.segmentation import level_breaks, rate_breaks

Numbers = npt.NDArray[np.float64]

WEEK = 7
LEAST_WEEKS = 4  # a side
LEAST_DAYS = 7  # a side, of days with use
LEAST_A_WEEK = 20
LEAST_ERRORS = 20
USE_P, ERROR_P = 0.05, 0.01
LEAST_USE_RATIO, LEAST_ERROR_RATIO = 1.25, 1.5
LEAST_RATE_DIFFERENCE = 0.005
# Weeks are never more alike than this, however many events make them.
QUIETEST = 0.03
PERMUTATIONS = 999
# What a place may cost more than the best and still be the one: the 95 % point for thresholds (Hansen 2000).
PLAUSIBLE = 7.35


@dataclass(frozen=True)
class Break:
    """A change of level: the first index at the new level, between two others; `effect` is new ÷ old."""

    first: int
    last: int
    start: int
    end: int
    before: float
    after: float
    effect: Estimate
    p: float

    @property
    def place(self) -> int:
        """The middle of the indices at which it may have happened."""
        return (self.first + self.last) // 2


def use_breaks(daily: Sequence[int]) -> list[Break]:
    """Return the changes of use, as days of `daily`, which holds whole weeks of events a day, oldest first.

    PELT on ln(1 + events) of whole weeks, four a side. What a bend or a slope describes better is a season or a trend
    and not told of as a change; nor is what shuffled weeks would show in one of twenty, or less than a quarter.
    """
    days = np.asarray(daily, dtype=float).reshape(-1, WEEK)
    weekly = days.sum(axis=1)
    if len(weekly) < 2 * LEAST_WEEKS or weekly.sum() < LEAST_A_WEEK * len(weekly):
        return []
    logs = np.log1p(weekly)
    places = level_breaks(logs.tolist(), _variance(weekly, logs), LEAST_WEEKS)
    found = []
    for start, place, end in _between(places, len(weekly)):
        within = logs[start:end]
        p = _shuffled_levels(within, place - start)
        if p <= USE_P and not _gradual(within, place - start):
            made = _use_break(days, start, place, end, p)
            found += [made] if _large(made.effect.value, LEAST_USE_RATIO) else []
    return found


def error_breaks(failed: Sequence[int], counted: Sequence[int]) -> list[Break]:
    """Return the changes of the error rate, as indices into days of events and failures, oldest first.

    By the day and not by the week: what a release broke is often mended within weeks, and weekdays differ little in
    their share of failures. PELT on the binomial deviance, seven days a side, over the overdispersion of days.
    """
    every = np.asarray(counted, dtype=float)
    used = np.flatnonzero(every > 0)
    bad, every = np.asarray(failed, dtype=float)[used], every[used]
    if bad.sum() < LEAST_ERRORS or len(used) < 2 * LEAST_DAYS:
        return []
    spread = dispersion(bad, every, used // WEEK)
    places = rate_breaks(bad.tolist(), every.tolist(), spread, LEAST_DAYS)
    found = []
    for start, place, end in _between(places, len(used)):
        p = _shuffled_rates(bad[start:end], every[start:end])
        if p <= ERROR_P and not _incident(bad[start:end], every[start:end], place - start):
            made = _error_break(bad, every, used, (start, place, end), spread, p)
            found += [made] if _worth_telling(made) else []
    return found


def dispersion(failed: Numbers, counted: Numbers, group: npt.NDArray[np.int64]) -> float:
    """Return Pearson's chi-square of failures over its degrees of freedom, within groups of days; 1 at least."""
    _, group = np.unique(group, return_inverse=True)
    rate = (np.bincount(group, failed) / np.bincount(group, counted))[group]
    variance = np.maximum(counted * rate * (1 - rate), 1e-9)
    freedom = len(failed) - (int(group.max()) + 1)
    odd = np.where(rate > 0, (failed - counted * rate) ** 2 / variance, 0.0)
    return max(1.0, float(odd.sum()) / freedom) if freedom > 0 else 1.0


def _between(places: Sequence[int], n: int) -> list[tuple[int, int, int]]:
    bounds = [0, *places, n]
    return [(bounds[i - 1], bounds[i], bounds[i + 1]) for i in range(1, len(bounds) - 1)]


def _variance(weekly: Numbers, logs: Numbers) -> float:
    """Return the noise of weeks: by the median of their steps, never less than counting makes."""
    steps = float(np.median(np.abs(np.diff(logs)))) * 1.4826 / math.sqrt(2)
    return max(steps**2, float((1 / (weekly + 1)).mean()), QUIETEST**2)


def _shuffled_levels(logs: Numbers, place: int) -> float:
    """Return how often shuffled weeks break as much as these do, at whichever place."""
    generator, n = np.random.default_rng(len(logs)), len(logs)
    sizes = np.arange(LEAST_WEEKS, n - LEAST_WEEKS + 1)

    def strength(rows: Numbers) -> Numbers:
        sums, total = np.cumsum(rows, axis=1), rows.sum(axis=1, keepdims=True)
        left = sums[:, sizes - 1]
        made: Numbers = ((left - total * sizes / n) ** 2 / (sizes * (n - sizes))).max(axis=1)
        return made

    shuffled = generator.permuted(np.tile(logs, (PERMUTATIONS, 1)), axis=1)
    return float((1 + (strength(shuffled) >= strength(logs[None, :]) - 1e-12).sum()) / (PERMUTATIONS + 1))


def _shuffled_rates(failed: Numbers, counted: Numbers) -> float:
    """Return how often shuffled days break as much as these do, at whichever place."""
    generator, n = np.random.default_rng(len(failed)), len(failed)
    sizes = np.arange(LEAST_DAYS, n - LEAST_DAYS + 1)
    order = np.tile(np.arange(n), (PERMUTATIONS + 1, 1))
    order[1:] = generator.permuted(order[1:], axis=1)
    bad, every = np.cumsum(failed[order], axis=1)[:, sizes - 1], np.cumsum(counted[order], axis=1)[:, sizes - 1]
    split = _deviances(bad, every) + _deviances(failed.sum() - bad, counted.sum() - every)
    best = split.min(axis=1)
    return float((best <= best[0] + 1e-9).mean())


def _deviances(failed: Numbers, counted: Numbers) -> Numbers:
    fine = counted - failed
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(part > 0, part * np.log(part / counted), 0.0) for part in (failed, fine)]
    made: Numbers = -2 * (parts[0] + parts[1])
    return made


def _gradual(logs: Numbers, place: int) -> bool:
    """Whether a straight line, or one with a bend, describes the weeks better than a step does, by BIC."""
    n = len(logs)
    step = float(((logs[:place] - logs[:place].mean()) ** 2).sum() + ((logs[place:] - logs[place:].mean()) ** 2).sum())
    at = np.arange(n, dtype=float)
    lines = [(2, np.column_stack([np.ones(n), at]))]
    lines += [(4, np.column_stack([np.ones(n), at, np.maximum(at - knot, 0.0)])) for knot in range(1, n - 1)]

    def price(squares: float, numbers: int) -> float:
        return n * math.log(squares / n + QUIETEST**2 / 10) + numbers * math.log(n)

    smooth = min(price(_squares(design, logs), numbers) for numbers, design in lines)
    return smooth <= price(step, 3)


def _squares(design: Numbers, values: Numbers) -> float:
    return float(((values - design @ np.linalg.lstsq(design, values, rcond=None)[0]) ** 2).sum())


def _use_break(days: Numbers, start: int, place: int, end: int, p: float) -> Break:
    first, last = _day_of_use(np.log1p(days), start, place, end)
    # The week in which it happened is of neither level.
    left = np.log1p(days[start : place - (first < place * WEEK)].sum(axis=1))
    right = np.log1p(days[place + (last > place * WEEK) : end].sum(axis=1))
    freedom = len(left) + len(right) - 2
    pooled = (float(((left - left.mean()) ** 2).sum()) + float(((right - right.mean()) ** 2).sum())) / freedom
    spread = math.sqrt(max(pooled, QUIETEST**2) * (1 / len(left) + 1 / len(right))) * _students(freedom)
    middle = float(right.mean() - left.mean())
    low, value, high = (math.exp(middle + side * spread) for side in (-1, 0, 1))
    weeks = end - start
    effect = Estimate(value, low, high, weeks, f"PELT on {weeks} weeks, {PERMUTATIONS} shuffles, 95%")
    before, after = math.expm1(float(left.mean())), math.expm1(float(right.mean()))
    return Break(first, last, start * WEEK, end * WEEK, before, after, effect, p)


def _day_of_use(logs: Numbers, start: int, place: int, end: int) -> tuple[int, int]:
    """Return the first and the last day on which the new level may have begun, by weekdays before and after."""
    before, after = logs[start : place - 1], logs[place + 1 : end]
    left, right = before.mean(axis=0), after.mean(axis=0)
    rest = np.concatenate([before - left, after - right])
    variance = max(float((rest**2).sum()) / (rest.size - 2 * WEEK), QUIETEST**2)
    near = logs[place - 1 : place + 1]
    old, new = ((near - left) ** 2).ravel(), ((near - right) ** 2).ravel()
    costs = np.concatenate([[0.0], np.cumsum(old)]) + np.concatenate([[0.0], np.cumsum(new[::-1])])[::-1]
    plausible = np.flatnonzero(costs <= costs.min() + PLAUSIBLE * variance)
    return (place - 1) * WEEK + int(plausible[0]), (place - 1) * WEEK + int(plausible[-1])


def _students(freedom: int) -> float:
    """Return the 97.5 % point of Student's t, within a hundredth from four degrees of freedom on."""
    return 1.96 + 2.37 / freedom + 2.8 / freedom**2


def _error_break(
    bad: Numbers, every: Numbers, used: npt.NDArray[np.int64], bounds: tuple[int, int, int], spread: float, p: float
) -> Break:
    start, place, end = bounds
    first, last = _day_of_errors(bad[start:end], every[start:end], spread)
    (e1, n1), (e2, n2) = (
        (float(bad[side].sum()), float(every[side].sum())) for side in (slice(start, place), slice(place, end))
    )
    value = ((e2 + 0.5) / (n2 + 1)) / ((e1 + 0.5) / (n1 + 1))
    doubt = 1.96 * math.sqrt(spread * ((1 - e1 / n1) / (e1 + 0.5) + (1 - e2 / n2) / (e2 + 0.5)))
    method = f"PELT on {end - start} days, {PERMUTATIONS} shuffles, 95%"
    effect = Estimate(value, value * math.exp(-doubt), value * math.exp(doubt), round(n1 + n2), method)
    days = [int(used[min(start + i, len(used) - 1)]) for i in (first, last)]
    reach = int(used[start]), int(used[end - 1]) + 1
    return Break(days[0], days[1], *reach, e1 / n1, e2 / n2, effect, p)


def _day_of_errors(failed: Numbers, counted: Numbers, spread: float) -> tuple[int, int]:
    """Return the first and the last index at which the new rate may have begun, by the profile of the likelihood."""
    bad, every = np.cumsum(failed)[:-1], np.cumsum(counted)[:-1]
    costs = (_deviances(bad, every) + _deviances(failed.sum() - bad, counted.sum() - every)) / spread
    plausible = np.flatnonzero(costs <= costs.min() + PLAUSIBLE)
    return int(plausible[0]) + 1, int(plausible[-1]) + 1


def _incident(failed: Numbers, counted: Numbers, place: int) -> bool:
    """Whether a single day makes the difference: that is an incident and no new rate."""
    sides = [(failed[:place], counted[:place]), (failed[place:], counted[place:])]
    sides.sort(key=lambda side: float(side[0].sum() / side[1].sum()))
    (low_bad, low_all), (bad, every) = sides
    calm = float(low_bad.sum() / low_all.sum())
    worst = int(np.argmax(bad - calm * every))
    rest = np.delete(bad, worst).sum() / np.delete(every, worst).sum()
    return not _large((float(rest) + 1e-9) / (calm + 1e-9), LEAST_ERROR_RATIO)


def _large(ratio: float, least: float) -> bool:
    return max(ratio, 1 / ratio) >= least


def _worth_telling(made: Break) -> bool:
    far = abs(made.after - made.before) >= LEAST_RATE_DIFFERENCE
    return far and _large(made.effect.value, LEAST_ERROR_RATIO)
