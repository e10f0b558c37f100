"""Team size says what was seen, what is estimated, and when only “at least” may be said."""

from datetime import timedelta

import numpy as np
import pytest

from core.culture.estimate import Abstention, Estimate
from core.culture.observations import NO_RUNS, ActorDay, Observations, Runs, window_until
from core.culture.team import chao1, peak_concurrency, read_team
from tests.core.culture.world import NOW


def _observed(days_seen: list[int]) -> Observations:
    rows = tuple(
        ActorDay((NOW - timedelta(days=i)).date(), f"user-{person}", 3)
        for person, days in enumerate(days_seen)
        for i in range(days)
    )
    return Observations("i", NOW, window_until(NOW), actors=rows)


def test_chao1_gives_the_published_example() -> None:
    # Chao's bias-corrected form by hand: 20 people, 6 seen once, 3 twice: 20 + 6·5 / (2·4) = 23.75.
    found = chao1([1] * 6 + [2] * 3 + [5] * 11)
    assert found.value == pytest.approx(23.75)
    assert found.low is not None
    assert found.high is not None
    assert 20 < found.low < 23.75 < found.high


def test_everybody_seen_often_leaves_nobody_unseen() -> None:
    found = chao1([10, 12, 15, 9, 11, 14, 13, 12])
    assert found.value == 8
    assert found.high == pytest.approx(8, abs=0.1)


def test_chao1_covers_the_true_team_where_people_are_alike() -> None:
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        seen = generator.binomial(28, 0.08, 40)
        found = chao1([int(days) for days in seen if days])
        held += (found.low or 0) <= 40 <= (found.high or 0)
    assert held / 300 >= 0.9


def test_a_team_is_the_people_seen_and_an_interval() -> None:
    team = read_team(_observed([12, 9, 14, 11, 10, 8, 12, 13]), NO_RUNS)
    assert (team.basis, team.seen, team.at_least) == ("actors", 8, False)
    assert team.sentence == "8 people seen in 28 days."


def test_low_coverage_says_only_at_least() -> None:
    team = read_team(_observed([1] * 19 + [2]), NO_RUNS)
    assert team.at_least
    assert isinstance(team.size, Abstention)
    assert "At least 20 people" in team.sentence


def test_reported_seats_are_taken_as_they_are() -> None:
    team = read_team(_observed([3, 4]), NO_RUNS, reported_seats=12)
    assert team.basis == "seats"
    assert isinstance(team.size, Estimate)
    assert team.size.value == 12


def test_sessions_at_once_count_where_nobody_is_named() -> None:
    starts = np.array([100, 110, 120, 500], dtype=np.int64)
    runs = Runs(starts, np.array([30, 30, 5, 10], dtype=np.int64), named=False)
    assert peak_concurrency(runs) == 3
    team = read_team(_observed([]), runs)
    assert (team.basis, team.at_least) == ("concurrency", True)
    assert isinstance(team.size, Estimate)
    assert team.size.low == pytest.approx(3 / 0.9)


def test_a_session_that_ends_as_another_begins_shares_its_minute() -> None:
    runs = Runs(np.array([0, 10], dtype=np.int64), np.array([10, 5], dtype=np.int64))
    assert peak_concurrency(runs) == 2
    assert peak_concurrency(NO_RUNS) == 0


def test_without_users_and_sessions_nothing_is_said() -> None:
    team = read_team(_observed([]), NO_RUNS)
    assert (team.basis, isinstance(team.size, Abstention)) == ("none", True)
