"""How often a rule is right, with an interval that holds what it claims."""

import numpy as np
import pytest

from core.culture.estimate import Abstention, Estimate
from core.culture.upsell_odds import beta_interval, chance, win_rate


def test_the_interval_is_that_of_the_beta_distribution() -> None:
    # Beta(1, 1) is uniform; Beta(1, n) has 1 − (1 − x)^n below x: both known exactly.
    assert beta_interval(1, 1) == pytest.approx((0.025, 0.975), abs=1e-4)
    assert beta_interval(1, 10) == pytest.approx((1 - 0.975**0.1, 1 - 0.025**0.1), abs=1e-4)
    drawn = np.random.default_rng(5).beta(13, 7, 400_000)
    assert beta_interval(13, 7) == pytest.approx(tuple(np.quantile(drawn, (0.025, 0.975))), abs=3e-3)


def test_what_was_ignored_is_no_failure_of_the_rule_but_lowers_the_chance() -> None:
    rate = win_rate(3, 1)
    assert isinstance(rate, Estimate)
    assert (rate.value, rate.n) == (0.75, 4)
    assert rate.low is not None
    assert rate.high is not None
    assert 0.2 < rate.low < 0.75 < rate.high < 0.96
    assert chance(3, 4) == pytest.approx(4 / 14)
    assert chance(3, 10) == pytest.approx(4 / 20)
    assert chance(0, 0) == pytest.approx(0.1)


def test_none_or_all_won_ends_at_the_edge_and_nothing_decided_abstains() -> None:
    none, every = win_rate(0, 5), win_rate(5, 0)
    assert isinstance(none, Estimate)
    assert isinstance(every, Estimate)
    assert (none.low, every.high) == (0.0, 1.0)
    assert isinstance(win_rate(0, 0), Abstention)
