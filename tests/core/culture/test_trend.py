"""A trend is what the weeks bear out, no matter one odd week."""

from datetime import timedelta

import numpy as np
import pytest

from core.culture.estimate import Abstention, Estimate
from core.culture.observations import HourCount, Observations, window_until
from core.culture.trend import change_per_four_weeks, read_trend, shown_change
from tests.core.culture.world import NOW


def test_steady_growth_is_read_exactly() -> None:
    found = change_per_four_weeks([round(1_000 * 1.05**week) for week in range(12)])
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(1.05**4 - 1, abs=0.005)
    assert shown_change(found) == pytest.approx(found.low)


def test_one_odd_week_moves_nothing() -> None:
    found = change_per_four_weeks([500] * 6 + [9_000] + [500] * 5)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0)
    assert shown_change(found) == 0


def test_noise_alone_seldom_shows_a_change() -> None:
    generator = np.random.default_rng(2)
    shown = sum(
        shown_change(change_per_four_weeks([int(n) for n in generator.poisson(400, 12)])) != 0 for _ in range(400)
    )
    assert shown / 400 <= 0.07


def test_nine_weeks_of_decline_are_shown() -> None:
    generator = np.random.default_rng(3)
    found = change_per_four_weeks([int(generator.poisson(900 * 0.9**week)) for week in range(9)])
    change = shown_change(found)
    assert change is not None
    assert change < -0.2


@pytest.mark.parametrize("events", [[100, 100, 100], [1, 0, 2, 1]])
def test_too_little_is_no_trend(events: list[int]) -> None:
    assert isinstance(change_per_four_weeks(events), Abstention)
    assert shown_change(change_per_four_weeks(events)) is None


def test_only_whole_weeks_since_the_first_event_count() -> None:
    first = NOW - timedelta(days=31)
    hours = tuple(HourCount(first.replace(minute=0) + timedelta(days=day), 10, 0, 1) for day in range(32))
    found = read_trend(Observations("i", NOW, window_until(NOW), hours=hours, first_event_at=first, last_event_at=NOW))
    assert [week.events for week in found.weekly] == [70] * 4
    assert [week.errors for week in found.weekly] == [7] * 4
    assert found.weekly[-1].week == (NOW - timedelta(days=7)).date(), "today is not over and does not count"
