"""A changepoint is a step that noise, slopes and seasons do not make, told with its days and what happened then."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from core.culture.change_detection import error_breaks, use_breaks
from core.culture.changes import Happening, find_changes, matched, rollouts
from core.culture.observations import FeatureDay, HourCount, Observations, Rollout, window_until
from core.demo.behavior import level_on
from core.demo.customers import DemoCustomer
from core.demo.fading import FADING
from tests.core.culture.world import NOW

WEEKDAYS = np.array([1, 1, 1, 1, 1, 0.1, 0.1])
DAYS = 84
ROUNDS = 300


def _use(level: object, seed: int, *, scatter: float = 0.12) -> list[int]:
    """Return twelve weeks of an office's events a day around a level for each day."""
    generator = np.random.default_rng(seed)
    mean = np.tile(WEEKDAYS, 12) * np.asarray(level, dtype=float) * generator.lognormal(0, scatter, DAYS)
    return [int(n) for n in generator.poisson(mean)]


def _failed(events: list[int], rate: object, seed: int, *, scatter: float = 0.0) -> list[int]:
    generator = np.random.default_rng(seed)
    chance = np.asarray(rate, dtype=float) * generator.lognormal(0, scatter, DAYS)
    return [int(n) for n in generator.binomial(events, np.minimum(chance, 1.0))]


def _observed(events: list[int], errors: list[int], feature: str = "email") -> Observations:
    """Return what roll-ups would hold of whole days that end yesterday, all of one feature."""
    days = [NOW.replace(hour=10, minute=0) - timedelta(days=DAYS - i) for i in range(DAYS)]
    hours = tuple(HourCount(day, n, 0, bad) for day, n, bad in zip(days, events, errors, strict=True) if n)
    features = tuple(
        FeatureDay(day.date(), feature, n, bad) for day, n, bad in zip(days, events, errors, strict=True) if n
    )
    first = NOW - timedelta(days=DAYS + 20)
    return Observations(
        "i", NOW, window_until(NOW), hours=hours, features=features, first_event_at=first, last_event_at=NOW
    )


@pytest.mark.parametrize("scatter", [0.05, 0.12, 0.3])
def test_noise_alone_hardly_ever_shows_a_change_of_use(scatter: float) -> None:
    alarms = sum(bool(use_breaks(_use([60] * DAYS, seed, scatter=scatter))) for seed in range(ROUNDS))
    assert alarms / ROUNDS <= 0.02


@pytest.mark.parametrize("scatter", [0.0, 0.5])
def test_noise_alone_hardly_ever_shows_a_change_of_errors(scatter: float) -> None:
    events = [_use([100] * DAYS, seed) for seed in range(ROUNDS)]
    alarms = sum(
        bool(error_breaks(_failed(each, 0.01, seed, scatter=scatter), each)) for seed, each in enumerate(events)
    )
    assert alarms / ROUNDS <= 0.04


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_step_of_use_is_found_on_its_day(factor: float) -> None:
    found, held = 0, 0
    for seed in range(100):
        turned = 30 + seed % 24
        level = np.where(np.arange(DAYS) < turned, 60, 60 * factor)
        breaks = use_breaks(_use(level, seed))
        if breaks:
            found += 1
            held += breaks[0].first <= turned <= breaks[0].last
            assert breaks[0].effect.low is not None
    assert found >= 90
    assert held / found >= 0.9, "the interval of days is a 95 % one"


@pytest.mark.parametrize("weekly", [-0.17, -0.1, 0.05, 0.1])
def test_a_slope_is_a_trend_and_no_change(weekly: float) -> None:
    level = 60 * (1 + weekly) ** (np.arange(DAYS) / 7)
    assert sum(bool(use_breaks(_use(level, seed))) for seed in range(100)) <= 12


def _wonka() -> DemoCustomer:
    return next(one for one in FADING if one.name == "Wonka Sweets")


def test_a_season_cries_no_wolf_in_any_week_of_the_year() -> None:
    behavior = _wonka().behavior
    alarms = []
    for week in range(52):
        today = date(2026, 1, 5) + timedelta(weeks=week)
        days = [today - timedelta(days=DAYS - i) for i in range(DAYS)]
        level = [behavior.events * level_on(behavior, day, (today - day).days) for day in days]
        alarms += [today for _ in use_breaks(_use(level, week))]
    assert len(alarms) <= 1, f"a season is no change of habits: {alarms}"


def test_a_regression_and_its_mending_show_with_the_releases_that_made_them() -> None:
    ago = DAYS - np.arange(DAYS)
    events = _use([120] * DAYS, 5)
    observed = _observed(events, _failed(events, np.where((ago <= 38) & (ago > 21), 0.12, 0.01), 5))
    today = NOW.date()
    came_out = [
        Happening("release", today - timedelta(days=days), f"{version} came out")
        for version, days in (("4.1", 80), ("4.2", 38), ("4.2.1", 21))
    ]
    found = matched(find_changes(observed), came_out, NOW)
    errors = [point for point in found.points if point.measure == "errors"]
    assert len(errors) == 2
    mended, broke = errors
    assert broke.first_day <= today - timedelta(days=38) <= broke.last_day + timedelta(days=1)
    assert [each.label for each in broke.matches] == ["4.2 came out"]
    assert [each.label for each in mended.matches] == ["4.2.1 came out"]
    assert broke.effect.value > 6
    assert mended.effect.value < 0.2
    assert broke.where is not None
    assert broke.where.startswith("Email: 1")
    assert "the week 4.2 came out" in broke.sentence
    assert broke.chance is not None
    assert broke.chance < 0.5, "three releases in twelve weeks: a match by accident is not the rule"


def test_one_bad_day_is_an_incident_and_no_new_rate() -> None:
    events = _use([120] * DAYS, 6)
    failed = _failed(events, 0.005, 6)
    worst = next(i for i in range(40, 50) if events[i] > 50)
    failed[worst] = events[worst] // 2
    assert error_breaks(failed, events) == []


def test_what_was_installed_is_told_once_and_by_its_own_day() -> None:
    ago = DAYS - np.arange(DAYS)
    events = _use([120] * DAYS, 8)
    observed = replace(
        _observed(events, _failed(events, np.where(ago <= 30, 0.1, 0.01), 8)),
        rollouts=[Rollout("4.1", NOW.date() - timedelta(days=84)), Rollout("4.2", NOW.date() - timedelta(days=30))],
    )
    release = Happening("release", NOW.date() - timedelta(days=31), "4.2 came out")
    found = matched(find_changes(observed), [release, *rollouts(observed)], NOW)
    assert [each.label for each in found.points[0].matches] == ["4.2 was installed"]


def test_what_happened_weeks_before_is_no_match() -> None:
    ago = DAYS - np.arange(DAYS)
    events = _use(np.where(ago <= 35, 30, 90), 9)
    observed = _observed(events, [0] * DAYS)
    far = Happening("license", NOW.date() - timedelta(days=60), "the tier changed")
    near = Happening("license", NOW.date() - timedelta(days=36), "the license was suspended")
    found = matched(find_changes(observed), [far, near], NOW)
    assert [point.measure for point in found.points] == ["use"]
    assert [each.label for each in found.points[0].matches] == ["the license was suspended"]
    assert found.points[0].sentence.startswith("Use fell by 6")


def test_less_than_eight_weeks_say_why_nothing_was_looked_for() -> None:
    first = datetime(2026, 10, 20, tzinfo=UTC)
    young = Observations("i", NOW, window_until(NOW), first_event_at=first, last_event_at=NOW)
    found = find_changes(young)
    assert found.points == ()
    assert found.unseen is not None
    assert found.unseen.reason == "needs 8 whole weeks, has 4"


def test_the_same_weeks_give_the_same_changes() -> None:
    events = _use(np.where(np.arange(DAYS) < 40, 60, 120), 3)
    assert find_changes(_observed(events, [0] * DAYS)) == find_changes(_observed(events, [0] * DAYS))
