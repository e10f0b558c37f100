"""Changepoints: when use or errors went to another level, how sure that is, and what else happened at that time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from core.culture import change_detection
from core.culture.change_detection import LEAST_WEEKS, WEEK, Break
from core.culture.estimate import Abstention, Estimate, too_few
from core.culture.features import label
from core.culture.observations import Observations
from core.culture.said import percent, times

# What comes out on a day is felt by those who work on the next ones, and the first day is seldom a whole one.
REACH = timedelta(days=3)
LEAST_FEATURE_EVENTS = 20
# Less than an event every other week is no use any more.
STOPPED = 0.5

Measure = Literal["use", "errors"]
HappeningKind = Literal["release", "rollout", "license"]


@dataclass(frozen=True)
class Happening:
    """Something that is known to have happened on a UTC day; `label` completes “the week …”."""

    kind: HappeningKind
    day: date
    label: str


@dataclass(frozen=True)
class Changepoint:
    """A change that lies between two days (95 %), both included; `effect` is new ÷ old level.

    `before` and `after` are events a week, or shares of failed events; `where` names the feature that moved most of the
    errors. `matches` are what happened within three days before or during it; `chance` is how often a day drawn at
    random would have matched something, so that a coincidence can be told from a finding.
    """

    measure: Measure
    first_day: date
    last_day: date
    before: float
    after: float
    effect: Estimate
    p: float
    where: str | None
    matches: tuple[Happening, ...]
    chance: float | None
    sentence: str


@dataclass(frozen=True)
class Changes:
    """What changed in up to twelve whole weeks, newest first; `unseen` says why nothing could be looked for."""

    points: tuple[Changepoint, ...]
    weeks: int
    unseen: Abstention | None = None


NO_CHANGES = Changes((), 0, too_few("whole weeks", 2 * LEAST_WEEKS, 0))


def find_changes(observed: Observations) -> Changes:
    """Return the changes of use and of errors; what happened at the same time is added by `matched`."""
    days = observed.whole_weeks
    first, weeks = days.first_day, days.number
    found = [_changepoint("use", each, first) for each in change_detection.use_breaks(days.events)]
    for each in change_detection.error_breaks(days.errors, days.events):
        where = _most_moved(observed, first + timedelta(days=each.place), each, first)
        found.append(replace(_changepoint("errors", each, first), where=where))
    found.sort(key=lambda point: (point.last_day, point.measure), reverse=True)
    told = tuple(replace(point, sentence=_sentence(point)) for point in found)
    unseen = too_few("whole weeks", 2 * LEAST_WEEKS, weeks) if weeks < 2 * LEAST_WEEKS else None
    return Changes(told, weeks, unseen)


def matched(changes: Changes, happenings: Iterable[Happening], now: datetime) -> Changes:
    """Return the changes with what happened in the days before and during each, and how likely that is by chance."""
    known = sorted(happenings, key=lambda each: (each.day, each.kind))
    today = now.astimezone(UTC).date()
    days = [today - timedelta(days=back) for back in range(1, changes.weeks * WEEK + 1)]
    points = tuple(_matched(point, known, days) for point in changes.points)
    return replace(changes, points=points)


def rollouts(observed: Observations) -> list[Happening]:
    """Return when each version took over at the install: the first day on which it sent most of the events."""
    # The first version on record was there before anybody looked.
    return [Happening("rollout", each.day, f"{each.version} was installed") for each in observed.rollouts[1:]]


def _matched(point: Changepoint, known: Sequence[Happening], days: Sequence[date]) -> Changepoint:
    own = [each for each in known if point.first_day - REACH <= each.day <= point.last_day]
    # A version that came out and was installed in the same days is one thing.
    installed = {each.label.split()[0] for each in own if each.kind == "rollout"}
    told = [each for each in own if not (each.kind == "release" and each.label.split()[0] in installed)]
    length = point.last_day - point.first_day
    struck = [any(day - REACH <= each.day <= day + length for each in known) for day in days]
    chance = sum(struck) / len(struck) if struck and own else None
    made = replace(point, matches=tuple(told), chance=chance)
    return replace(made, sentence=_sentence(made))


def _changepoint(measure: Measure, found: Break, first: date) -> Changepoint:
    between = [first + timedelta(days=place) for place in (found.first, found.last)]
    return Changepoint(
        measure, between[0], between[1], found.before, found.after, found.effect, found.p, None, (), None, ""
    )


def _most_moved(observed: Observations, turned: date, found: Break, first: date) -> str | None:
    """Return the feature whose failures make most of the difference, by name, where one makes half of it."""
    start, end = (first + timedelta(days=place) for place in (found.start, found.end))
    rows: dict[str, list[int]] = {}
    for row in observed.features:
        if start <= row.day < end:
            sums = rows.setdefault(row.feature, [0, 0, 0, 0])
            side = 0 if row.day < turned else 2
            sums[side] += row.errors
            sums[side + 1] += row.events
    moved = {
        name: (bad_now / now - bad_then / then) * (now + then)
        for name, (bad_then, then, bad_now, now) in rows.items()
        if min(then, now) >= LEAST_FEATURE_EVENTS
    }
    sign = 1 if found.after > found.before else -1
    total = sum(max(0.0, sign * difference) for difference in moved.values())
    name = max(moved, key=lambda each: sign * moved[each], default=None)
    if name is None or total <= 0 or sign * moved[name] < total / 2:
        return None
    bad_then, then, bad_now, now = rows[name]
    return f"{label(name)}: {percent(bad_then / then, 1)} → {percent(bad_now / now, 1)}"


def _sentence(point: Changepoint) -> str:
    what = "Use" if point.measure == "use" else "Errors"
    levels = (
        f"{point.before:,.0f} → {point.after:,.0f} events a week"
        if point.measure == "use"
        else f"{percent(point.before, 1)} → {percent(point.after, 1)}"
    )
    stopped = point.measure == "use" and point.after < STOPPED
    told = f"{what} {'stopped' if stopped else times(point.effect.value)} ({levels}) {_when(point)}"
    if point.matches:
        told += f", the week {_listed([each.label for each in point.matches])}"
    return f"{told}{f'; mostly {point.where}' if point.where else ''}."


def _when(point: Changepoint) -> str:
    first, last = point.first_day, point.last_day
    if first == last:
        return f"on {first.day} {first:%b}"
    month = "" if first.month == last.month else f" {first:%b}"
    return f"between {first.day}{month} and {last.day} {last:%b}"


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
