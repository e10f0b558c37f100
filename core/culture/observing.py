"""Observing installs: their roll-ups fetched from the telemetry plane and put into the shapes that culture reads."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt

from core.culture.engagement import GAPS
from core.culture.observations import (
    RHYTHM_DAYS,
    ActorDay,
    Facet,
    FeatureActorDay,
    FeatureDay,
    HourCount,
    Observations,
    Rollout,
    Runs,
    ToldDay,
    Window,
    is_person,
    window_until,
)
from core.telemetry.rollups import Reach, Rollups, rollups
from core.telemetry.sessions import MINUTES_A_DAY
from db.session import ReadSession

# Features used once a year ago are lapsed, not unknown.
HISTORY_DAYS = 400
# Sessions are found from a bit a minute: beyond so many person-days those of a part of the actors tell enough.
MOST_PERSON_DAYS = 20_000
_EPOCH = date(1970, 1, 1).toordinal()
_KINDS = {"agent", "domain", "version", "zone"}
Ints = npt.NDArray[np.int64]


def observe(session: ReadSession, install_id: str, now: datetime) -> Observations:
    """Return what the roll-ups hold of an install up to `now`; the cost does not depend on the number of events."""
    return observe_all(session, (install_id,), now)[install_id]


def observe_all(session: ReadSession, install_ids: Sequence[str], now: datetime) -> dict[str, Observations]:
    """Return what the roll-ups hold of several installs up to `now`, read at once."""
    window = window_until(now.astimezone(UTC))
    reach = Reach(window.last_day, window.days, RHYTHM_DAYS, HISTORY_DAYS)
    found = rollups(session, install_ids, reach, now)
    return {install_id: _observations(install_id, found[install_id], window, now) for install_id in install_ids}


def _observations(install_id: str, kept: Rollups, window: Window, now: datetime) -> Observations:
    if kept.first is None or kept.last is None:
        return Observations(install_id, now, window)
    days = Days()
    kinds, values = kept.columns("x_kind", "x_value")
    latency = {
        int(value): events
        for kind, value, events in zip(kinds, values, kept.column("x_events"), strict=True)
        if kind == "latency"
    }
    actors, per_day = kept.columns("a_actor", "a_events")
    people = [is_person(actor) for actor in actors]
    return Observations(
        install_id=install_id,
        now=now,
        window=window,
        hours=hours(kept),
        told=told(kept, days),
        features=features(kept, days),
        feature_actors=feature_actors(kept, days),
        actors=tuple(
            ActorDay(days[day], actor, events)
            for day, actor, events, known in zip(kept.column("a_day"), actors, per_day, people, strict=True)
            if known
        ),
        facets=tuple(_facets(kept, days)),
        runs=_runs(kept.column("a_day"), actors, people, kept.minutes),
        latencies=latency,
        rollouts=_rollouts(kept, days),
        late=kept.late,
        duplicates=kept.duplicates,
        first_event_at=kept.first,
        last_event_at=min(kept.last, now),
    )


class Days(dict[int, date]):
    """Days by their number since 1970, each made once: a year of roll-ups names the same few thousand times."""

    def __missing__(self, number: int) -> date:
        """Make the day of a number."""
        made = self[number] = date.fromordinal(_EPOCH + number)
        return made


def hours(kept: Rollups) -> tuple[HourCount, ...]:
    """Return the hours with events, oldest first."""
    counts = kept.columns("h_events", "h_calls", "h_errors", "h_timed", "h_ms")
    at = [datetime.fromtimestamp(hour * 3600, UTC) for hour in kept.column("h_at")]
    return tuple(map(HourCount._make, zip(at, *counts, strict=True)))


def told(kept: Rollups, days: Mapping[int, date]) -> tuple[ToldDay, ...]:
    """Return the days told without hours, oldest first."""
    number, events, errors = kept.columns("t_day", "t_events", "t_errors")
    return tuple(map(ToldDay._make, zip([days[n] for n in number], events, errors, strict=True)))


def features(kept: Rollups, days: Mapping[int, date]) -> tuple[FeatureDay, ...]:
    """Return the features by day, oldest first."""
    number, *rest = kept.columns("f_day", "f_feature", "f_events", "f_errors", "f_denied")
    return tuple(map(FeatureDay._make, zip([days[n] for n in number], *rest, strict=True)))


def feature_actors(kept: Rollups, days: Mapping[int, date]) -> tuple[FeatureActorDay, ...]:
    """Return the features by day and person, oldest first."""
    number, *rest = kept.columns("u_day", "u_feature", "u_actor", "u_events", "u_denied")
    return tuple(map(FeatureActorDay._make, zip([days[n] for n in number], *rest, strict=True)))


def _facets(kept: Rollups, days: Mapping[int, date]) -> Iterator[Facet]:
    names = ("x_kind", "x_value", "x_events", "x_errors", "x_days", "x_first", "x_last")
    for kind, value, events, errors, number, first, last in zip(*kept.columns(*names), strict=True):
        if kind in _KINDS:
            yield Facet(kind, value, events, errors, number, days[first], days[last])


def _rollouts(kept: Rollups, days: Mapping[int, date]) -> tuple[Rollout, ...]:
    """Return the day on which each version first sent most events: one tester's afternoon is no rollout."""
    leading: dict[int, tuple[int, str]] = {}
    for day, value, events in zip(*kept.columns("v_day", "v_value", "v_events"), strict=True):
        leading[day] = max(leading.get(day, (0, "")), (events, value))
    first: dict[str, date] = {}
    for day, (_, value) in sorted(leading.items()):
        first.setdefault(value, days[day])
    return tuple(Rollout(version, day) for version, day in first.items())


def _runs(days: Sequence[int], actors: Sequence[str], people: Sequence[bool], minutes: bytes) -> dict[int, Runs]:
    """Return the sessions at every gap: of people where any are named, else of what stands in for them."""
    named = any(people)
    rows = np.flatnonzero(people) if named else np.arange(len(actors))
    rows, share = _sample(rows, actors)
    who, at = _active_minutes(
        np.asarray(days, dtype=np.int64)[rows], [actors[row] for row in rows.tolist()], minutes, rows
    )
    other, waited = who[1:] != who[:-1], np.diff(at)
    runs = {}
    for gap in GAPS:
        begins = np.flatnonzero(np.concatenate([np.ones(min(1, len(at)), dtype=np.bool_), other | (waited > gap)]))
        ends = np.append(begins[1:], len(at))[: len(begins)] - 1
        runs[gap] = Runs(at[begins], at[ends] - at[begins], named, share)
    return runs


def _active_minutes(days: Ints, actors: Sequence[str], minutes: bytes, rows: Ints) -> tuple[Ints, Ints]:
    """Return actor (a number) and minute since 1970 of every active minute, by actor and time."""
    numbers = {name: number for number, name in enumerate(sorted(set(actors)))}
    codes = np.array([numbers[name] for name in actors], dtype=np.int64)
    order = np.lexsort((days, codes))
    bits = np.frombuffer(minutes, dtype=np.uint8).reshape(-1, MINUTES_A_DAY // 8)[rows[order]]
    # Only bytes with a bit set are unpacked: people are at work in few minutes of a day.
    row, byte = np.nonzero(bits)
    busy, bit = np.nonzero(np.unpackbits(bits[row, byte][:, None], axis=1))
    row, minute = row[busy], byte[busy] * 8 + bit
    ordered = order[row]
    return codes[ordered], days[ordered] * MINUTES_A_DAY + minute


def _sample(rows: Ints, actors: Sequence[str]) -> tuple[Ints, float]:
    """Return the rows of every actor, or of each k-th by a hash of the name, whole actors always."""
    every = -(-len(rows) // MOST_PERSON_DAYS)
    if every <= 1:
        return rows, 1.0
    kept = rows[[zlib.crc32(actors[row].encode()) % every == 0 for row in rows.tolist()]]
    return kept, len({actors[row] for row in kept.tolist()}) / len({actors[row] for row in rows.tolist()})
