"""How many people use an install, by the best evidence there is: reported seats, people seen, sessions at once."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.culture.estimate import Z95, Abstention, Estimate, Figure, count, too_few
from core.culture.observations import ActorDay, Observations, Runs
from core.culture.said import percent

LEAST_COVERAGE = 0.25
# Of the people of a team, this share is at work at a busy moment: a wide guess, only used when nobody is named.
BUSY_SHARE = (0.2, 0.5, 0.9)

Basis = Literal["seats", "actors", "concurrency", "none"]


@dataclass(frozen=True)
class Team:
    """The size of the team; where `at_least` is set only the number seen may be said."""

    basis: Basis
    size: Figure
    seen: int
    at_least: bool
    coverage: Figure
    peak_concurrency: int
    sentence: str


def read_team(observed: Observations, runs: Runs, reported_seats: int | None = None) -> Team:
    """Return the team's size; `reported_seats` come from a signed check-in and are taken as they are."""
    people = observed.named_actors()
    seen = len({row.actor for row in people})
    concurrency = peak_concurrency(runs)
    coverage = sample_coverage(people)
    if reported_seats:
        told = (
            f"{reported_seats} seats reported by the installation, {seen} people seen in {observed.window.days} days."
        )
        return Team("seats", count(reported_seats, "reported"), seen, False, coverage, concurrency, told)
    if seen:
        return _from_people(people, seen, coverage, concurrency, observed.window.days)
    return _from_concurrency(runs, concurrency)


def chao1(sightings: Sequence[int]) -> Estimate:
    """Return how many people there are, those never seen included, from the days each was seen (Chao 1987).

    The bias-corrected lower bound with its log-normal 95 % interval; where everybody was seen more than once, the
    interval is that of Colwell's EstimateS. A day is one sighting: events of the same day are no independent ones.
    """
    seen, n = len(sightings), sum(sightings)
    once, twice = sum(x == 1 for x in sightings), sum(x == 2 for x in sightings)
    if once == 0:
        missed = math.exp(-n / seen)
        middle = seen / (1 - missed)
        spread = Z95 * math.sqrt(seen * missed) / (1 - missed)
        return Estimate(seen, float(seen), max(seen, middle + spread), n, "Chao1 of person-days, 95%")
    unseen = once * (once - 1) / (2 * (twice + 1))
    if twice:
        odds = once / twice
        variance = twice * (odds**4 / 4 + odds**3 + odds**2 / 2)
    else:
        variance = once * (once - 1) / 2 + once * (2 * once - 1) ** 2 / 4 - once**4 / (4 * (seen + unseen))
    if unseen == 0:
        return Estimate(seen, float(seen), seen + Z95 * math.sqrt(max(variance, 0.0)), n, "Chao1 of person-days, 95%")
    factor = math.exp(Z95 * math.sqrt(math.log1p(max(variance, 0.0) / unseen**2)))
    return Estimate(seen + unseen, seen + unseen / factor, seen + unseen * factor, n, "Chao1 of person-days, 95%")


def sample_coverage(people: Sequence[ActorDay]) -> Figure:
    """Return the chance that the next sighting is of somebody already seen: 1 − f1/n (Good 1953)."""
    days = Counter(row.actor for row in people)
    n = sum(days.values())
    if n == 0:
        return Abstention("no event named its user", 0)
    return Estimate(1 - sum(x == 1 for x in days.values()) / n, None, None, n, "1 − seen once ÷ person-days")


def peak_concurrency(runs: Runs) -> int:
    """Return the most sessions that held the same minute."""
    # The minute in which a session ends still belongs to it.
    moments = np.concatenate([runs.starts, runs.starts + runs.lengths + 1])
    steps = np.repeat([1, -1], len(runs.starts))
    order = np.lexsort((steps, moments))
    return int(np.cumsum(steps[order]).max(initial=0))


def _from_people(people: Sequence[ActorDay], seen: int, coverage: Figure, concurrency: int, days: int) -> Team:
    share = coverage.value if isinstance(coverage, Estimate) else 0.0
    if share < LEAST_COVERAGE:
        why = f"would need a sample coverage of 25%, has {percent(share)}: most people were seen once"
        told = f"At least {seen} people in {days} days; too many were seen only once to say how many there are."
        return Team("actors", Abstention(why, len(people)), seen, True, coverage, concurrency, told)
    size = chao1(list(Counter(row.actor for row in people).values()))
    noun = "person" if seen == 1 else "people"
    most = math.floor(size.high or seen)
    estimated = f"; {round(size.value)} to {most} estimated" if most > seen else ""
    return Team("actors", size, seen, False, coverage, concurrency, f"{seen} {noun} seen in {days} days{estimated}.")


def _from_concurrency(runs: Runs, concurrency: int) -> Team:
    nobody = Abstention("no event named its user", 0)
    if runs.named or not len(runs.starts):
        told = "No event of the window names a user or a session, so nothing can be said of the team's size."
        return Team("none", too_few("events with a user or a session", 1, 0), 0, False, nobody, 0, told)
    low, middle, high = (concurrency / share for share in reversed(BUSY_SHARE))
    size = Estimate(middle, max(low, concurrency), high, len(runs.starts), "sessions at once ÷ 20-90% at work, low")
    told = f"At least {concurrency} people: so many sessions ran at once; no event names its user."
    return Team("concurrency", size, 0, True, nobody, concurrency, told)
