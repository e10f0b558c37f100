"""Observing an install: its roll-ups fetched from the telemetry plane and put into the shapes that culture reads."""

import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.culture.engagement import GAPS
from core.culture.observations import (
    RHYTHM_DAYS,
    ActorDay,
    Facet,
    FeatureActorDay,
    FeatureDay,
    HourCount,
    Minutes,
    Observations,
    Rollout,
    Runs,
    ToldDay,
    Window,
    window_until,
)
from core.telemetry import reads
from core.telemetry.counting import people_named
from core.telemetry.events import ANONYMOUS
from core.telemetry.reads import FacetKind
from core.telemetry.sessions import find_sessions
from db.session import ReadSession

# Features used once a year ago are lapsed, not unknown.
HISTORY_DAYS = 400
# Sessions are found from a bit a minute: beyond so many person-days those of a part of the actors tell enough.
MOST_PERSON_DAYS = 20_000
_EPOCH = pd.Timestamp("1970-01-01", tz="UTC")


def observe(session: ReadSession, install_id: str, now: datetime) -> Observations:
    """Return what the roll-ups hold of an install up to `now`; the cost does not depend on the number of events."""
    window = window_until(now.astimezone(UTC))
    span = reads.first_and_last_event(session, install_id, now)
    if span is None:
        return Observations(install_id, now, window)
    within = (install_id, window.first_day, window.last_day)
    before = window.before()
    actors = reads.actors(session, *within)
    quota = reads.quota(session, *within)
    return Observations(
        install_id=install_id,
        now=now,
        window=window,
        hours=_hours(session, install_id, window),
        told=_told(session, install_id, window),
        features=_features(session, install_id, window),
        feature_actors=tuple(FeatureActorDay(*row) for row in _rows(reads.feature_actors(session, *within))),
        actors=tuple(ActorDay(*row) for row in _rows(_people(actors)[["day", "actor", "events"]])),
        earlier_people=people_named(session, install_id, before.first_day, before.last_day),
        facets=tuple(_facets(session, install_id, window)),
        runs=_runs(actors),
        latencies=_latencies(session, install_id, window),
        rollouts=_rollouts(session, install_id, window),
        late=int(quota["late"].sum()),
        duplicates=int(quota["duplicates"].sum()),
        first_event_at=span.first,
        last_event_at=min(span.last, now),
    )


def _hours(session: ReadSession, install_id: str, window: Window) -> tuple[HourCount, ...]:
    start = window.last_day - timedelta(days=RHYTHM_DAYS)
    frame = reads.hours(session, install_id, start, window.last_day)
    instants = frame["hour"].dt.to_pydatetime() if len(frame) else ()
    counts = frame[["events", "api_calls", "errors", "timed", "ms_sum"]]
    return tuple(HourCount(hour, *row) for hour, row in zip(instants, _rows(counts), strict=True))


def _told(session: ReadSession, install_id: str, window: Window) -> tuple[ToldDay, ...]:
    start = window.last_day - timedelta(days=RHYTHM_DAYS)
    return tuple(ToldDay(*row) for row in _rows(reads.told_by_day(session, install_id, start, window.last_day)))


def _features(session: ReadSession, install_id: str, window: Window) -> tuple[FeatureDay, ...]:
    frame = reads.features(session, install_id, window.last_day - timedelta(days=HISTORY_DAYS), window.last_day)
    return tuple(FeatureDay(*row) for row in _rows(frame[["day", "feature", "events", "errors", "denied"]]))


def _facets(session: ReadSession, install_id: str, window: Window) -> Iterator[Facet]:
    kinds: tuple[FacetKind, ...] = ("agent", "domain", "version", "zone")
    for kind in kinds:
        frame = reads.facets(session, install_id, window.first_day, window.last_day, kind)
        by_value: dict[str, list[tuple[date, int, int]]] = {}
        for day, value, events, errors in _rows(frame[["day", "value", "events", "errors"]]):
            by_value.setdefault(value, []).append((day, events, errors))
        for value, days in by_value.items():
            seen = [day for day, _, _ in days]
            events, errors = sum(row[1] for row in days), sum(row[2] for row in days)
            yield Facet(kind, value, events, errors, len(seen), min(seen), max(seen))


def _rollouts(session: ReadSession, install_id: str, window: Window) -> tuple[Rollout, ...]:
    """Return the day on which each version first sent most events: one tester's afternoon is no rollout."""
    start = window.last_day - timedelta(days=RHYTHM_DAYS)
    frame = reads.facets(session, install_id, start, window.last_day, "version")
    leading: dict[date, tuple[int, str]] = {}
    for day, value, events in _rows(frame[["day", "value", "events"]]):
        leading[day] = max(leading.get(day, (0, "")), (events, value))
    first: dict[str, date] = {}
    for day, (_, value) in sorted(leading.items()):
        first.setdefault(value, day)
    return tuple(Rollout(version, day) for version, day in first.items())


def _latencies(session: ReadSession, install_id: str, window: Window) -> dict[int, int]:
    frame = reads.facets(session, install_id, window.first_day, window.last_day, "latency")
    counts: dict[int, int] = {}
    for value, events in _rows(frame[["value", "events"]]):
        counts[int(value)] = counts.get(int(value), 0) + events
    return counts


def _runs(actors: pd.DataFrame) -> dict[int, Runs]:
    """Return the sessions at every gap: those of a longer one are those of the shortest, joined."""
    people = _people(actors)
    named = len(people) > 0
    chosen, share = _sample(people if named else actors)
    found = find_sessions(chosen, min(GAPS))
    starts, ends = (_minutes(found[name]) for name in ("start", "end"))
    who = pd.factorize(found["actor"])[0]
    runs = {}
    for gap in GAPS:
        begins = np.ones(len(starts), dtype=np.bool_)
        begins[1:] = (who[1:] != who[:-1]) | (starts[1:] - ends[:-1] > gap)
        lasts = np.append(np.flatnonzero(begins)[1:], len(starts)) - 1
        first = starts[begins]
        runs[gap] = Runs(first, ends[lasts[: len(first)]] - first, named, share)
    return runs


def _minutes(instants: pd.Series) -> Minutes:
    return ((instants - _EPOCH) / pd.Timedelta(minutes=1)).to_numpy(dtype=np.float64).astype(np.int64)


def _sample(actors: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Return the rows of every actor, or of each k-th by a hash of the name, whole actors always."""
    every = -(-len(actors) // MOST_PERSON_DAYS)
    if every <= 1:
        return actors, 1.0
    kept = actors[[zlib.crc32(name.encode()) % every == 0 for name in actors["actor"]]]
    return kept, kept["actor"].nunique() / actors["actor"].nunique()


def _people(actors: pd.DataFrame) -> pd.DataFrame:
    # As a mask of its own type: pandas reads an empty list as a choice of no columns.
    known = pd.Series([not name.startswith(ANONYMOUS) for name in actors["actor"]], index=actors.index, dtype=bool)
    return actors[known]


def _rows(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield a frame's rows as plain Python values; column by column, for itertuples costs several times as much."""
    return zip(*(frame[name].tolist() for name in frame.columns), strict=True)
