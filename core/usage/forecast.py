"""When a daily meter will reach its limit: days to limit as p10, p50 and p90 of simulated futures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

LEAST_DAYS = 14
HORIZON = 180
PATHS = 500
RARE = 0.05
# Doubling every week is the fastest growth a forecast believes in.
FASTEST = float(np.log(2) / 7)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DaysToLimit:
    """Days until the limit is first reached; None lies beyond the 180 days looked at."""

    p10: int | None
    p50: int | None
    p90: int | None


@dataclass(frozen=True)
class Forecast:
    """Simulated futures of a daily count or level: paths x days, the first of them the day after the last known."""

    paths: Floats

    def days_to(self, highest: int) -> DaysToLimit:
        """Return when a path first reaches `highest` on some day, as quantiles over the paths."""
        reached = self.paths >= highest
        first = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, HORIZON + 1)
        p10, p50, p90 = (int(q) for q in np.quantile(first, (0.1, 0.5, 0.9), method="higher"))
        return DaysToLimit(*(None if q > HORIZON else q for q in (p10, p50, p90)))

    def fan(self, days: int) -> tuple[tuple[int, int, int], ...]:
        """Return for each coming day what one, five and nine paths of ten stay below."""
        quantiles = np.quantile(self.paths[:, :days], (0.1, 0.5, 0.9), axis=0)
        return tuple((round(low), round(middle), round(high)) for low, middle, high in quantiles.T)

    def in_months(self, used: int, last_day: date) -> "Forecast":
        """Return the futures of the total since a UTC month began, where `used` was its total after `last_day`."""
        totals = np.empty_like(self.paths)
        total = np.full(len(self.paths), float(used))
        for step in range(self.paths.shape[1]):
            if (last_day + timedelta(days=step + 1)).day == 1:
                total = np.zeros(len(self.paths))
            total = total + self.paths[:, step]
            totals[:, step] = total
        return Forecast(totals)

    def busy_day(self, days: int) -> int:
        """Return the level that a busy day (1 in 10) of the next `days` stays below on nine paths of ten."""
        return round(float(np.quantile(np.quantile(self.paths[:, :days], 0.9, axis=1), 0.9)))


def forecast(daily: Sequence[int], last_day: date) -> Forecast | None:
    """Simulate the days after `last_day` from whole days, oldest first; None below 14 days or without any count.

    Days are divided by their weekday's usual factor, a Theil-Sen line is laid through their logs, and each path takes
    a slope from its uncertainty (Sen 1968) and residuals from those that occurred. A day of an incident moves neither.
    """
    if len(daily) < LEAST_DAYS or sum(daily) == 0:
        return None
    counts = np.asarray(daily, dtype=float)
    days = [last_day - timedelta(days=len(daily) - 1 - i) for i in range(len(daily))]
    weekday = np.array([day.weekday() for day in days])
    factors = weekday_factors(counts, weekday)
    level = np.log1p(counts / factors[weekday])
    slope, doubt = _slope(level)
    age = np.arange(len(level)) - (len(level) - 1)
    base = float(np.median(level - slope * age))
    residuals = _without_incidents(level - base - slope * age)
    generator = np.random.default_rng(180)
    slopes = np.clip(generator.normal(slope, doubt, PATHS), -FASTEST, FASTEST)
    drawn = generator.choice(residuals, (PATHS, HORIZON))
    ahead = np.arange(1, HORIZON + 1)
    coming = np.array([(last_day + timedelta(days=int(step))).weekday() for step in ahead])
    logs = base + slopes[:, None] * ahead[None, :] + drawn
    return Forecast(np.expm1(np.minimum(logs, 60.0)) * factors[coming][None, :])


def weekday_factors(counts: Floats, weekday: npt.NDArray[np.int64]) -> Floats:
    """Return each weekday's usual share of its week's mean (Monday first, mean 1), 1 where fewer than 3 were seen."""
    kernel = np.ones(7)
    around = np.convolve(counts, kernel, "same") / np.convolve(np.ones(len(counts)), kernel, "same")
    relative = counts / np.maximum(around, 1e-9)
    factors = np.array(
        [np.median(relative[weekday == day]) if (weekday == day).sum() >= 3 else 1.0 for day in range(7)], dtype=float
    )
    factors = np.maximum(factors, 0.05)
    scaled: Floats = factors / factors.mean()
    return scaled


def one_day_spike(daily: Sequence[int], threshold: float) -> bool:
    """Whether a single day makes more than half of what lies above the threshold: an incident, not a trend.

    It must also be twice the days around it: the newest day of a steady growth is the only one above a threshold, too.
    """
    excess = [max(0.0, calls - threshold) for calls in daily]
    if sum(excess) <= 0 or max(excess) <= 0.5 * sum(excess):
        return False
    day = excess.index(max(excess))
    around = [*daily[max(0, day - 3) : day], *daily[day + 1 : day + 4]]
    return not around or daily[day] > 2 * float(np.median(around))


def _without_incidents(residuals: Floats) -> Floats:
    """Leave out days far off the line (six scaled MADs) where they are rare: what happens weekly is no incident."""
    spread = 1.4826 * float(np.median(np.abs(residuals)))
    usual = np.abs(residuals) <= 6 * max(spread, 0.02)
    kept: Floats = residuals[usual] if (~usual).mean() <= RARE else residuals
    return kept


def _slope(level: Floats) -> tuple[float, float]:
    """Return Theil and Sen's slope a day and its standard error, from the width of Sen's interval."""
    n = len(level)
    first, second = np.triu_indices(n, k=1)
    slopes = np.sort((level[second] - level[first]) / (second - first))
    spread = 1.96 * np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = slopes[max(0, int((len(slopes) - spread) / 2))]
    high = slopes[min(len(slopes) - 1, int((len(slopes) + spread) / 2))]
    return float(np.median(slopes)), float(high - low) / (2 * 1.96)
