"""What is claimed of a real team holds as often as it is claimed: hours by its clocks, people by its names."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from core.culture.rhythm import WorkingHours, working_days, working_hours
from core.culture.team import chao1
from tests.core.culture.conftest import Commit

WEEKS = 12
LEAST = 150
Season = list[datetime]


@pytest.fixture(scope="module")
def authors(commits: list[Commit]) -> list[list[datetime]]:
    """Return the commits of each author of 300 and more by their own clocks, as their true offsets tell them."""
    by_actor: dict[str, list[datetime]] = defaultdict(list)
    for commit in commits:
        by_actor[commit.actor].append(commit.at + timedelta(hours=commit.offset))
    return [local for local in by_actor.values() if len(local) >= 300]


def _seasons(local: Sequence[datetime]) -> Iterator[tuple[date, Season]]:
    """Yield an author's runs of twelve weeks, one after the other."""
    first = local[0].date()
    while first + timedelta(weeks=WEEKS) <= local[-1].date():
        yield first, [at for at in local if 0 <= (at.date() - first).days < 7 * WEEKS]
        first += timedelta(weeks=WEEKS)


def _hours(first: date, season: Season) -> WorkingHours | None:
    weeks = np.zeros((WEEKS, 7, 24))
    for at in season:
        weeks[(at.date() - first).days // 7, at.weekday(), at.hour] += 1
    lived = weeks[weeks.sum(axis=(1, 2)) > 0]
    days = working_days(lived.sum(axis=0))
    found = working_hours(lived[:, days, :].sum(axis=1), WEEKS)
    return found if isinstance(found, WorkingHours) else None


def _held(claimed: WorkingHours, true: WorkingHours) -> list[bool]:
    """Say whether the ranges claimed of start and end hold what is true, on the clock."""
    ranges = ((true.start, claimed.start_low, claimed.start_high), (true.end, claimed.end_low, claimed.end_high))
    return [(hour - low) % 24 <= (high - low) % 24 for hour, low, high in ranges]


def test_hours_claimed_from_half_of_the_commits_hold_those_of_all(authors: list[list[datetime]]) -> None:
    generator, held = np.random.default_rng(0), []
    for local in authors:
        for first, season in _seasons(local):
            if len(season) < LEAST:
                continue
            claimed = _hours(first, [at for at in season if generator.random() < 0.5])
            true = _hours(first, season)
            if claimed is not None and true is not None:
                held += _held(claimed, true)
    assert len(held) >= 40
    assert np.mean(held) >= 0.95, "the range is a 95 % one"


def test_hours_claimed_of_twelve_weeks_hold_the_next_twelve(authors: list[list[datetime]]) -> None:
    # People change, so that the next season is no repetition: the range is not made for it, and still holds mostly.
    held = []
    for local in authors:
        known = [(season, _hours(first, season)) for first, season in _seasons(local)]
        for (before, claimed), (after, true) in pairwise(known):
            if min(len(before), len(after)) >= LEAST and claimed is not None and true is not None:
                held += _held(claimed, true)
    assert len(held) >= 30
    assert np.mean(held) >= 0.85


def test_hours_claimed_are_those_in_which_the_author_works(authors: list[list[datetime]]) -> None:
    inside = []
    for local in authors:
        for first, season in _seasons(local):
            claimed = _hours(first, season) if len(season) >= LEAST else None
            if claimed is None:
                continue
            weeks = np.zeros((7, 24))
            for at in season:
                weeks[at.weekday(), at.hour] += 1
            days = working_days(weeks)
            worked = [at for at in season if at.weekday() in days]
            inside.append(np.mean([(at.hour - claimed.start) % 24 < claimed.length for at in worked]))
            assert claimed.share == pytest.approx(inside[-1])
    assert min(inside) >= 0.8, "as it is defined"


@pytest.mark.parametrize(("share", "least"), [(0.5, 0.8), (0.25, 0.85)])
def test_people_claimed_from_a_part_hold_the_names_of_the_whole(
    commits: list[Commit], share: float, least: float
) -> None:
    generator, held = np.random.default_rng(1), []
    for window in range(60):
        last = commits[-1].at - timedelta(days=28 * window)
        month = [commit for commit in commits if last - timedelta(days=28) < commit.at <= last]
        seen = {(commit.actor, commit.at.date()) for commit in month if generator.random() < share}
        found = chao1(list(Counter(actor for actor, _ in seen).values()))
        true = len({commit.actor for commit in month})
        held.append((found.low or 0) <= true <= (found.high or 0))
    assert np.mean(held) >= least, "docs/culture.md tells how often it holds: less than 95 %, and why"
