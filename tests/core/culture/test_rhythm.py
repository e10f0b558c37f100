"""Working hours are the shortest run that holds 80 %, zones are stated only on evidence."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.culture.estimate import Abstention, Estimate
from core.culture.observations import Facet, HourCount, Observations, window_until
from core.culture.rhythm import WorkingHours, read_rhythm, spoken_days, working_days, working_hours
from core.culture.zone import infer_offset, read_zone
from tests.core.culture.world import NOW, Office


def _brute_force(total: list[int]) -> int:
    wanted = 0.8 * sum(total)
    return next(
        length
        for length in range(1, 25)
        if any(sum(total[(start + i) % 24] for i in range(length)) >= wanted - 1e-9 for start in range(24))
    )


@given(st.lists(st.integers(0, 50), min_size=24, max_size=24).filter(lambda total: sum(total) >= 30))
def test_no_shorter_run_of_hours_holds_80_percent(total: list[int]) -> None:
    weekly = np.array([total, total], dtype=float)
    found, shortest = working_hours(weekly, 2), _brute_force(total)
    if shortest > 16:
        assert isinstance(found, Abstention)
    else:
        assert isinstance(found, WorkingHours)
        assert found.length == shortest
        assert found.share >= 0.8 - 1e-9


def test_an_office_is_read_as_the_seed_says_it() -> None:
    office = Office().work(8, {"pos": 0.9}, hours=(9, 17)).work(8, {"email": 0.9}, hours=(7, 20), a_day=10)
    found = read_rhythm(office.observed(), 10)
    assert isinstance(found.hours, WorkingHours)
    assert (found.hours.start, found.hours.end) == (9, 17)
    assert found.days == (0, 1, 2, 3, 4)
    assert found.label == "Mon–Fri 9–17 (UTC)"
    assert found.hours.start_low <= 9 <= found.hours.start_high


def test_a_night_shift_goes_over_midnight() -> None:
    office = Office().work(6, {"pos": 0.9}, hours=(22, 6), weekdays=range(7))
    found = read_rhythm(office.observed(), 10)
    assert isinstance(found.hours, WorkingHours)
    assert found.hours.start in {22, 23}
    assert found.hours.end in {5, 6}
    assert found.days == tuple(range(7))


def test_hours_follow_daylight_saving_in_a_reported_zone() -> None:
    # Nine in the morning in Berlin is 7:00 UTC in summer and 8:00 in winter; the clocks changed on 25 October 2026.
    now = datetime(2026, 11, 15, 12, tzinfo=UTC)
    office = Office(weeks=12)
    for day in range(70):
        local = datetime(2026, 9, 6, 9, tzinfo=UTC) + timedelta(days=day)
        offset = 2 if local < datetime(2026, 10, 25, 3, tzinfo=UTC) else 1
        for minute in range(5):
            office.event(local - timedelta(hours=offset) + timedelta(minutes=minute), "user-0", "pos")
    office.said("zone", "Europe/Berlin", 350)
    found = read_rhythm(office.observed(now), 1)
    assert found.zone.basis == "reported"
    by_hour = np.array(found.heat).sum(axis=0)
    assert by_hour[9] == by_hour.sum()


def test_a_made_up_zone_is_not_believed() -> None:
    zone = read_zone([Facet("zone", "Mars/Olympus", 900)], np.zeros((7, 24)), 1)
    assert (zone.name, zone.basis) == ("UTC", "utc")


def test_activity_round_the_clock_has_no_working_hours() -> None:
    rows = tuple(HourCount(NOW.replace(minute=0) - timedelta(hours=i), 10) for i in range(24 * 60))
    observed = Observations("i", NOW, window_until(NOW), hours=rows, first_event_at=rows[-1].hour, last_event_at=NOW)
    found = read_rhythm(observed, 1)
    assert isinstance(found.hours, Abstention)
    assert "round the clock" in found.hours.reason
    assert isinstance(found.concentration, Estimate)
    assert found.concentration.value < 0.05


def test_a_week_of_events_says_nothing_of_weeks() -> None:
    office = Office(weeks=1).work(8, {"pos": 0.9})
    found = read_rhythm(office.observed(), 10)
    assert isinstance(found.hours, Abstention)


def _week(offset: int, *, events: int = 2_000, weekend: float = 0.05, seed: int = 3) -> np.ndarray:
    """Return a week of an office at a UTC offset, as counts by UTC hour of the week."""
    generator = np.random.default_rng(seed)
    local = np.zeros((7, 24))
    for hour in generator.normal(13, 2.6, events):
        day = generator.integers(5, 7) if generator.random() < weekend else generator.integers(0, 5)
        local[day, int(hour) % 24] += 1
    return np.roll(local.reshape(-1), -offset).reshape(7, 24)


@pytest.mark.parametrize("offset", [-8, -5, 0, 1, 5, 9])
def test_office_hours_tell_the_offset_within_what_is_claimed(offset: int) -> None:
    found = infer_offset(_week(offset), 5)
    assert isinstance(found, Estimate)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= offset <= found.high
    assert found.high - found.low >= 2, "never narrower than ±1 h"


@pytest.mark.parametrize(
    ("week", "why"),
    [
        (_week(0, events=199), "needs 200 events"),
        (np.full((7, 24), 20.0), "gathers in a part of the day"),
        (_week(0, weekend=0.4), "quiet weekends"),
        (_week(0, events=220), "could be any of"),
    ],
    ids=["few", "even", "weekends", "few sessions"],
)
def test_the_offset_is_not_stated_on_thin_evidence(week: np.ndarray, why: str) -> None:
    found = infer_offset(week, 200)
    assert isinstance(found, Abstention)
    assert why in found.reason


def test_an_inferred_zone_is_told_of_and_hours_stay_in_utc() -> None:
    zone = read_zone([], _week(-6), 5)
    assert (zone.name, zone.basis) == ("UTC", "inferred")
    assert "consistent with UTC-6 ±" in zone.sentence


def test_days_are_said_as_people_say_them() -> None:
    assert spoken_days([0, 1, 2, 3, 4]) == "Mon–Fri"
    assert spoken_days([1, 3]) == "Tue, Thu"
    assert spoken_days(range(7)) == "every day"
    assert working_days(np.zeros((7, 24))) == []
