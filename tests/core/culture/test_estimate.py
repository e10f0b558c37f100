"""Intervals keep what they promise, and abstentions say what is missing."""

import numpy as np
import pytest

from core.culture.estimate import Abstention, Estimate, mean, quantile, ratio_of_sums, wilson


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857: 81 of 263, score method without continuity correction.
    found = wilson(81, 263)
    assert isinstance(found, Estimate)
    assert found.low == pytest.approx(0.2553, abs=5e-5)
    assert found.high == pytest.approx(0.3662, abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (10, 10), (1, 1)])
def test_wilson_stays_within_nought_and_one(successes: int, n: int) -> None:
    found = wilson(successes, n)
    assert isinstance(found, Estimate)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_share_of_nothing_is_not_nought() -> None:
    assert isinstance(wilson(0, 0), Abstention)


def test_too_few_values_say_how_many_are_needed() -> None:
    assert quantile([1.0, 2.0], 0.5, "sessions") == Abstention("needs 5 sessions, has 2", 2)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_quantile_interval_covers_the_truth_as_often_as_it_says(share: float) -> None:
    generator = np.random.default_rng(1)
    truth = float(np.quantile(generator.exponential(20, 1_000_000), share))
    held = 0
    for _ in range(400):
        found = quantile(generator.exponential(20, 80), share, "sessions")
        assert isinstance(found, Estimate)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert held / 400 >= 0.93


def test_means_and_ratios_agree_where_all_units_weigh_the_same() -> None:
    parts = [3.0, 5.0, 4.0, 8.0]
    plain, weighed = mean(parts, "days"), ratio_of_sums(parts, [1.0] * 4, "days")
    assert isinstance(plain, Estimate)
    assert isinstance(weighed, Estimate)
    assert weighed.value == pytest.approx(plain.value)
    assert weighed.low == pytest.approx(plain.low)
