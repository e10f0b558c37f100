"""Scores are held against what happened after them, and the panel says so where they tell nothing."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.culture.backtest import HORIZON, Backtest, Snapshot, area, hold_against, lift_of_lowest
from core.culture.estimate import Abstention, Estimate

FIRST = date(2025, 1, 6)
UNTIL = FIRST + timedelta(days=28 * 14)


def _books(seed: int, weight: float, customers: int = 150) -> tuple[list[Snapshot], dict[str, list[date]]]:
    """Return a year of snapshots and departures; `weight` is how much the score has to do with leaving."""
    generator = np.random.default_rng(seed)
    snapshots, departures = [], {}
    for number in range(customers):
        temper = generator.normal()
        chance = 1 / (1 + np.exp(3.4 + 1.6 * temper * weight))
        for month in range(12):
            day = FIRST + timedelta(days=28 * month)
            snapshots.append(
                Snapshot(str(number), day, float(np.clip(60 + 15 * temper + generator.normal(0, 6), 0, 100)))
            )
            if generator.random() < chance:
                departures[str(number)] = [day + timedelta(days=int(generator.integers(1, 28)))]
                break
    return snapshots, departures


def test_a_score_that_tells_who_leaves_is_said_to() -> None:
    found = hold_against(*_books(1, 1.0), UNTIL)
    assert found.verdict == "shown"
    assert isinstance(found.auc, Estimate)
    assert found.auc.low is not None
    assert found.auc.low > 0.5
    assert isinstance(found.lift, Estimate)
    assert found.lift.value > 1.5
    assert found.brier is not None
    assert found.brier_reference is not None
    assert found.brier < found.brier_reference
    assert found.sentence.startswith("Health tells who leaves: of two customers")


def test_a_score_that_tells_nothing_is_said_to_tell_nothing() -> None:
    verdicts = [hold_against(*_books(seed, 0.0), UNTIL).verdict for seed in range(30)]
    assert verdicts.count("none") >= 26, "a 95 % interval misses a half one time in twenty"
    assert hold_against(*_books(3, 0.0), UNTIL).sentence.startswith("No demonstrated predictive power: ")


def test_a_score_that_is_upside_down_is_worse_than_a_coin() -> None:
    assert hold_against(*_books(2, -1.0), UNTIL).verdict == "reversed"


@pytest.mark.parametrize("customers", [0, 12])
def test_few_who_left_are_too_few(customers: int) -> None:
    found = hold_against(*_books(4, 1.0, customers), UNTIL)
    assert found.verdict == "too_few"
    assert isinstance(found.auc, Abstention)
    assert found.bands == ()
    assert found.sentence.startswith("Too few: ")
    assert found.sentence.endswith("a test needs 20.")


def test_snapshots_whose_ninety_days_are_not_over_wait() -> None:
    snapshots, departures = _books(5, 1.0)
    found = hold_against(snapshots, departures, FIRST + timedelta(days=120))
    assert found.last_day is not None
    assert found.last_day + HORIZON <= FIRST + timedelta(days=120)
    assert found.snapshots + found.waiting == len(snapshots)
    assert found.waiting > 0


def test_only_what_came_after_a_snapshot_and_soon_counts() -> None:
    day = FIRST

    def left(after: int) -> Backtest:
        return hold_against([Snapshot("a", day, 50)], {"a": [day + timedelta(days=after)]}, UNTIL)

    assert [left(after).left for after in (-1, 0, 1, 90, 91)] == [0, 0, 1, 1, 0]


def test_many_snapshots_of_one_customer_do_not_make_the_interval_narrow() -> None:
    snapshots, departures = _books(6, 0.6)
    once = hold_against(snapshots, departures, UNTIL)
    again = hold_against(
        [Snapshot(one.customer, one.day, one.score) for one in snapshots for _ in range(5)], departures, UNTIL
    )
    assert isinstance(once.auc, Estimate)
    assert isinstance(again.auc, Estimate)
    assert again.auc.value == pytest.approx(once.auc.value)
    assert (again.auc.low, again.auc.high) == pytest.approx((once.auc.low, once.auc.high))


def test_the_forecast_of_the_later_half_knows_nothing_of_it() -> None:
    snapshots, departures = _books(7, 1.0)
    found = hold_against(snapshots, departures, UNTIL)
    days = sorted(one.day for one in snapshots if one.day + HORIZON <= UNTIL)
    split = days[len(days) // 2]
    changed = {who: [day for day in gone if day < split] for who, gone in departures.items()}
    other = hold_against(snapshots, changed, UNTIL)
    if other.bands:
        assert [band.forecast for band in other.bands] == [band.forecast for band in found.bands]
    assert sum(band.snapshots for band in found.bands) == sum(day >= split for day in days)


def _brute(scores: list[int], left: list[bool]) -> float:
    pairs = [
        (a, b) for a, gone in zip(scores, left, strict=True) if gone for b, g in zip(scores, left, strict=True) if not g
    ]
    return sum((a < b) + (a == b) / 2 for a, b in pairs) / len(pairs)


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=40))
def test_the_area_is_that_of_all_pairs(cases: list[tuple[int, bool]]) -> None:
    scores, left = [score for score, _ in cases], [gone for _, gone in cases]
    found = area(np.array(scores, dtype=float), np.array(left, dtype=float))
    if all(left) or not any(left):
        assert np.isnan(found)
    else:
        assert found == pytest.approx(_brute(scores, left))


def test_lift_of_the_lowest_tenth() -> None:
    scores = np.arange(100, dtype=float)
    left = np.zeros(100)
    left[[0, 1, 2, 3, 50]] = 1
    assert lift_of_lowest(scores, left) == pytest.approx((4 / 10) / (5 / 100))
    assert lift_of_lowest(np.zeros(100), left) == pytest.approx(1), "equal scores tell nobody apart"
