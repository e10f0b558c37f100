"""Days to limit say when, with how much doubt, and are not fooled by weekends or one day's incident."""

from datetime import date, timedelta

import numpy as np
import pytest

from core.usage.consumption import daily, highest_share, standing, unmetered
from core.usage.forecast import forecast, one_day_spike, weekday_factors
from core.usage.limits import UNLIMITED, Limit, in_force

LAST = date(2026, 11, 20)  # a Friday


def _office(days: int, level: float, growth: float = 0.0, seed: int = 1) -> list[int]:
    generator = np.random.default_rng(seed)
    made = []
    for back in range(days - 1, -1, -1):
        weekend = (LAST - timedelta(days=back)).weekday() >= 5
        mean = level * (1 + growth) ** -back * (0.1 if weekend else 1.0)
        made.append(int(generator.normal(mean, mean * 0.05)))
    return made


def test_growth_reaches_the_limit_when_it_does() -> None:
    found = forecast(_office(56, 7_800, 0.017), LAST)
    assert found is not None
    left = found.days_to(10_000)
    # 7,800 grows by 1.7 % a day to 10,000 in 15 days, a Saturday: the Friday before may do, the Monday after will.
    assert left.p50 is not None
    assert 13 <= left.p50 <= 17
    assert left.p10 is not None
    assert left.p90 is not None
    assert left.p10 <= left.p50 <= left.p90


def test_a_flat_office_does_not_reach_twice_its_level() -> None:
    found = forecast(_office(56, 5_000), LAST)
    assert found is not None
    assert found.days_to(10_000).p50 is None
    assert 4_500 <= found.busy_day(60) <= 6_500


def test_the_forecast_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        counts = _office(76, 8_000, 0.01, seed)
        found = forecast(counts[:56], LAST - timedelta(days=20))
        assert found is not None
        truth = next((day for day, calls in enumerate(counts[56:], 1) if calls >= 7_500), 21)
        left = found.days_to(7_500)
        held += (left.p10 or 0) <= truth <= (left.p90 or 181)
    assert held / 60 >= 0.65, "p10 to p90 is to hold 80 % of them; 60 tries scatter by ±10 %"


def test_a_single_day_moves_the_forecast_not_at_all() -> None:
    calm = _office(56, 3_000)
    mad = [*calm]
    mad[40] = 95_000
    one, other = forecast(calm, LAST), forecast(mad, LAST)
    assert one is not None
    assert other is not None
    assert other.days_to(90_000).p50 is None
    assert other.busy_day(60) < 1.3 * one.busy_day(60)


def test_thirteen_days_are_too_few() -> None:
    assert forecast([5] * 13, LAST) is None
    assert forecast([0] * 30, LAST) is None


def test_weekdays_keep_their_shape() -> None:
    counts = np.array(_office(56, 1_000), dtype=float)
    days = np.array([(LAST - timedelta(days=55 - i)).weekday() for i in range(56)])
    factors = weekday_factors(counts, days)
    assert factors.mean() == pytest.approx(1)
    assert factors[:5].min() > 8 * factors[5:].max()


def test_a_spike_is_a_day_that_makes_most_of_the_excess() -> None:
    assert one_day_spike([10, 10, 900], 100)
    assert not one_day_spike([150, 150, 150], 100)
    assert not one_day_spike([10, 20], 100)


def test_the_newest_day_of_a_steady_growth_is_no_incident() -> None:
    growing = [round(5_000 * 1.02**day) for day in range(26)]
    assert sum(calls > 8_000 for calls in growing) == 2
    assert not one_day_spike(growing, 8_000)


def test_the_share_is_that_of_a_busy_day_and_not_of_the_busiest() -> None:
    calls = [3_000] * 27 + [95_000]
    found = daily(Limit("api_calls_day", 100_000), calls, LAST, 12)
    assert (found.share, found.peak, found.current) == (0.03, 95_000, 12)
    assert found.spike


def test_three_days_are_too_few_for_a_share_two_certainly() -> None:
    found = daily(Limit("api_calls_day", 1_000), [990, 990], LAST, 5)
    assert found.share is None
    assert found.reason == "needs 3 whole days, has 2"


def test_limits_in_force_are_the_tiers_with_the_seats_sold_in_front() -> None:
    limits = in_force({"members": 50, "api_calls_day": 1_000, "unheard_of": 1}, max_seats=20)
    assert limits == (Limit("api_calls_day", 1_000), Limit("members", 20, "seats"))
    assert Limit("api_calls_day", UNLIMITED).share(5) is None
    assert Limit("projects", 0).share(1) == 1.0


def test_the_meter_nearest_to_its_limit_is_found_among_those_that_have_one() -> None:
    rows = [
        standing(Limit("members", 50), 8, 8),
        standing(Limit("projects", 10), 9, 9),
        standing(Limit("storage_bytes", UNLIMITED), 10**12, 1),
        unmetered(Limit("bandwidth_bytes_month", 1)),
    ]
    nearest = highest_share(rows)
    assert nearest is not None
    assert nearest.meter == "projects"
    assert highest_share([]) is None
