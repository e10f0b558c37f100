"""What was observed of one install, as read from roll-ups: the input of everything inferred and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.telemetry.events import ANONYMOUS

DAYS = 28  # four whole weeks, so that each weekday counts equally often
RHYTHM_DAYS = 84
MOST_WEEKS = 12

Minutes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """A run of UTC days, both ends included."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        """Its length in days."""
        return (self.last_day - self.first_day).days + 1

    def holds(self, day: date) -> bool:
        """Whether a day lies within."""
        return self.first_day <= day <= self.last_day

    def before(self) -> "Window":
        """Return the window of the same length that ends the day before this one begins."""
        return Window(self.first_day - timedelta(days=self.days), self.first_day - timedelta(days=1))


def window_until(now: datetime, days: int = DAYS) -> Window:
    """Return the window of `days` UTC days that ends with the day of `now`."""
    last = now.date()
    return Window(last - timedelta(days=days - 1), last)


class HourCount(NamedTuple):
    """One UTC hour; `timed` events carried a duration, `ms_sum` is the sum of those in milliseconds."""

    hour: datetime
    events: int
    api_calls: int = 0
    errors: int = 0
    timed: int = 0
    ms_sum: int = 0


class ToldDay(NamedTuple):
    """Use of one UTC day that was told without hours: it counts, and says nothing of rhythm."""

    day: date
    events: int
    errors: int = 0


class FeatureDay(NamedTuple):
    """One feature on one day; `denied` of the events were answered 402 or 403."""

    day: date
    feature: str
    events: int
    errors: int = 0
    denied: int = 0


class FeatureActorDay(NamedTuple):
    """One person's use of one feature on one day; `denied` of the events were answered 402 or 403."""

    day: date
    feature: str
    actor: str
    events: int
    denied: int = 0


class ActorDay(NamedTuple):
    """One person on one day; an event without a user counts for its session, as `session:…`."""

    day: date
    actor: str
    events: int


def is_person(actor: str) -> bool:
    """Whether an actor is a user the install named, not a session that stands in for one."""
    return bool(actor) and not actor.startswith(ANONYMOUS)


@dataclass(frozen=True)
class Runs:
    """Sessions of all actors at one gap: starts in minutes since 1970 (UTC) and lengths in minutes, side by side.

    `named` tells whether the actors are users; `sampled` is the share of actors looked at.
    """

    starts: Minutes
    lengths: Minutes
    named: bool = True
    sampled: float = 1.0


NO_RUNS = Runs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


@dataclass(frozen=True)
class Facet:
    """A value of what events say of their surroundings (agent, domain, version, zone, type) within the window."""

    kind: str
    value: str
    events: int
    errors: int = 0
    days: int = 1
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class Rollout:
    """The first day on which a version sent most of an install's events."""

    version: str
    day: date


@dataclass(frozen=True)
class WholeWeeks:
    """Events and failures of each UTC day, oldest first: seven for every whole week, the last of which is yesterday."""

    first_day: date
    events: Sequence[int]
    errors: Sequence[int]

    @property
    def number(self) -> int:
        """How many weeks there are."""
        return len(self.events) // 7


@dataclass(frozen=True)
class Observations:
    """Everything observed of one install up to `now`; `window` is the 28 days that most readings are about.

    `hours` and `told` (use known by the day alone) reach back 84 days, `features` as far as there are any, the rest
    covers the window; `earlier_people` are the users named in the 28 days before it. `runs` are by the gap in minutes
    that ends a session, `latencies` count events by bucket (core/telemetry/latency.py); `late` and `duplicates` are by
    the day of arrival; `first_event_at` and `last_event_at` are whole hours, or the beginning of a day told.
    """

    install_id: str
    now: datetime
    window: Window
    hours: Sequence[HourCount] = ()
    told: Sequence[ToldDay] = ()
    features: Sequence[FeatureDay] = ()
    feature_actors: Sequence[FeatureActorDay] = ()
    actors: Sequence[ActorDay] = ()
    earlier_people: frozenset[str] = frozenset()
    facets: Sequence[Facet] = ()
    runs: Mapping[int, Runs] = field(default_factory=dict)
    latencies: Mapping[int, int] = field(default_factory=dict)
    rollouts: Sequence[Rollout] = ()
    late: int = 0
    duplicates: int = 0
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None

    def hours_in(self, window: Window) -> list[HourCount]:
        """Return the hours that lie within a window."""
        if window == self.window:
            return self._hours_of_window
        return [hour for hour in self.hours if window.holds(hour.hour.date())]

    @cached_property
    def _hours_of_window(self) -> list[HourCount]:
        first, last = self.window.first_day.toordinal(), self.window.last_day.toordinal()
        return [hour for hour in self.hours if first <= hour.hour.toordinal() <= last]

    def told_in(self, window: Window) -> list[ToldDay]:
        """Return the days told without hours that lie within a window."""
        return [told for told in self.told if window.holds(told.day)]

    def counted_in(self, window: Window) -> list[HourCount | ToldDay]:
        """Return everything that counts events within a window, whether it tells the hour or not."""
        return [*self.hours_in(window), *self.told_in(window)]

    @cached_property
    def whole_weeks(self) -> WholeWeeks:
        """The days of the whole weeks since the first event that ended before today, twelve weeks at most."""
        today = self.now.astimezone(UTC).date()
        lived = 0
        if self.first_event_at is not None:
            lived = (today - self.first_event_at.astimezone(UTC).date()).days
        number = 7 * min(MOST_WEEKS, lived // 7)
        first = (today - timedelta(days=number)).toordinal()
        events, errors = [0] * number, [0] * number
        counted = [(row.hour.toordinal(), row.events, row.errors) for row in self.hours]
        for day, happened, failed in [*counted, *((row.day.toordinal(), row.events, row.errors) for row in self.told)]:
            if 0 <= day - first < number:
                events[day - first] += happened
                errors[day - first] += failed
        return WholeWeeks(date.fromordinal(first), events, errors)

    def named_actors(self) -> list[ActorDay]:
        """Return the days of known people, in the window."""
        return self._named_actors

    @cached_property
    def _named_actors(self) -> list[ActorDay]:
        first, last = self.window.first_day, self.window.last_day
        return [row for row in self.actors if first <= row.day <= last and is_person(row.actor)]

    def facet(self, kind: str) -> list[Facet]:
        """Return the values of one kind, most events first."""
        return sorted((f for f in self.facets if f.kind == kind), key=lambda f: (-f.events, f.value))
