"""Telemetry as culture and usage read it: from roll-ups only, so no read depends on the number of raw events.

Each read takes the telemetry plane's session, an install and the first and last UTC day, both included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Select,
    Table,
    Text,
    cast,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from core.access.actor import Actor
from core.access.permissions import Permission
from core.periods import midnight
from db.models.telemetry import (
    actor_rollup,
    day_rollup,
    dirty_install,
    event,
    facet_rollup,
    feature_actor_rollup,
    feature_rollup,
    hour_rollup,
    ingest_quota,
)
from db.session import ReadSession

FacetKind = Literal["agent", "domain", "version", "zone", "type", "latency"]
MOST_EVENTS: Final = 200
# Changes with every write of the row, whoever's clock is right.
VERSION: Final = literal_column("dirty_install.xmin::text", Text)


@dataclass(frozen=True, slots=True)
class Mark:
    """An install whose profile is out of date since `marked_at`; `version` is the mark as it was read."""

    install_id: str
    marked_at: datetime
    last_event_at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class Span:
    """The hours (their beginnings) of the first and the last event of an install."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as it was kept."""

    day: date
    event_id: str
    ts: datetime
    received_at: datetime
    type: str
    feature: str | None
    actor: str | None
    session: str | None
    status: int | None
    ms: int | None
    agent: str | None
    domain: str | None
    version: str | None
    zone: str | None
    props: dict[str, Any] | None


def hours(session: ReadSession, install_id: str, start: date, end: date) -> pd.DataFrame:
    """Return hour (UTC), events, api_calls, errors, timed (events with a duration) and ms_sum.

    Hours without events have no row.
    """
    table = hour_rollup
    names = ("hour", "events", "api_calls", "errors", "timed", "ms_sum")
    statement = (
        select(*(table.c[name] for name in names))
        .where(
            table.c.install_id == install_id,
            table.c.hour >= midnight(start),
            table.c.hour < midnight(end + timedelta(days=1)),
        )
        .order_by(table.c.hour)
    )
    made = _frame(session, statement)
    made["hour"] = pd.to_datetime(made["hour"], utc=True)
    return made


def features(session: ReadSession, install_id: str, start: date, end: date) -> pd.DataFrame:
    """Return day, feature, events, errors, denied (answered 402 or 403)."""
    return _by_day(session, feature_rollup, ("day", "feature", "events", "errors", "denied"), install_id, start, end)


def actors(session: ReadSession, install_id: str, start: date, end: date) -> pd.DataFrame:
    """Return day, actor, events and minutes: 180 bytes, a bit for each minute of the UTC day, the first the highest.

    An actor is a user, or `session:` and a session's id where no user was named. sessions.py reads the minutes.
    """
    table = actor_rollup
    # bit_send gives the bits as bytes behind a length of four; as text they would be eight times the size.
    minutes = func.substring(func.bit_send(table.c.minutes), 5).label("minutes")
    statement = (
        select(table.c.day, table.c.actor, table.c.events, minutes)
        .where(_within(table, install_id, start, end))
        .order_by(table.c.day, table.c.actor)
    )
    return _frame(session, statement)


def feature_actors(session: ReadSession, install_id: str, start: date, end: date) -> pd.DataFrame:
    """Return day, feature, actor, events, denied."""
    names = ("day", "feature", "actor", "events", "denied")
    return _by_day(session, feature_actor_rollup, names, install_id, start, end)


def facets(session: ReadSession, install_id: str, start: date, end: date, kind: FacetKind) -> pd.DataFrame:
    """Return day, value, events, errors for one kind of surroundings; latency's value is a bucket (see latency.py)."""
    table = facet_rollup
    statement = (
        select(table.c.day, table.c.value, table.c.events, table.c.errors)
        .where(_within(table, install_id, start, end), table.c.kind == kind)
        .order_by(table.c.day, table.c.value)
    )
    return _frame(session, statement)


def quota(session: ReadSession, install_id: str, start: date, end: date) -> pd.DataFrame:
    """Return by day of receipt: day, accepted, duplicates, refused, late (> 1 h), ahead (of our clock, > 5 min)."""
    names = ("day", "accepted", "duplicates", "refused", "late", "ahead")
    return _by_day(session, ingest_quota, names, install_id, start, end)


def daily_api_calls(session: ReadSession, install_id: str, start: date, end: date) -> pd.DataFrame:
    """Return day, api_calls; days without events have no row."""
    statement = _daily((install_id,), start, end, hour_rollup.c.api_calls)
    return _frame(session, statement)[["day", "api_calls"]]


def daily_events(session: ReadSession, install_ids: Sequence[str], start: date, end: date) -> pd.DataFrame:
    """Return install_id, day, events for a list of installs; days without events have no row.

    Use that was told by the day counts beside what was told event by event.
    """
    told = select(day_rollup.c.install_id, day_rollup.c.day, day_rollup.c.events).where(
        day_rollup.c.install_id.in_(install_ids), day_rollup.c.day.between(start, end)
    )
    both = union_all(_daily(install_ids, start, end, hour_rollup.c.events).order_by(None), told).subquery()
    key = (both.c.install_id, both.c.day)
    events = cast(func.sum(both.c.events), BigInteger).label("events")
    return _frame(session, select(*key, events).group_by(*key).order_by(*key))


def told_by_day(session: ReadSession, install_id: str, start: date, end: date) -> pd.DataFrame:
    """Return day, events, errors of use that was told by the day, and is in no hour."""
    return _by_day(session, day_rollup, ("day", "events", "errors"), install_id, start, end)


def first_and_last_event(session: ReadSession, install_id: str, until: datetime | None = None) -> Span | None:
    """Return when an install's events begin and end (at `until` at the latest), to the hour; None where it sent none.

    Of use that was told by the day, the beginning of the day is taken.
    """
    hour, day = hour_rollup.c.hour, _beginning(day_rollup.c.day)
    hours = select(func.min(hour).label("first"), func.max(hour).label("last")).where(
        hour_rollup.c.install_id == install_id, *_not_after(hour, until)
    )
    days = select(func.min(day), func.max(day)).where(
        day_rollup.c.install_id == install_id, *_not_after(day_rollup.c.day, _day_of(until))
    )
    both = union_all(hours, days).subquery()
    ends = select(func.min(both.c.first).label("first"), func.max(both.c.last).label("last"))
    row = session.execute(ends).mappings().one()
    return Span(**row) if row["first"] is not None else None


def last_events(session: ReadSession, install_ids: Sequence[str], until: datetime | None = None) -> dict[str, datetime]:
    """Return the hour of each install's last event by `until`, or the beginning of the last day told of it."""
    asked = func.unnest(cast(list(install_ids), ARRAY(Text))).column_valued("asked")
    hours = select(func.max(hour_rollup.c.hour)).where(
        hour_rollup.c.install_id == asked, *_not_after(hour_rollup.c.hour, until)
    )
    days = select(_beginning(func.max(day_rollup.c.day))).where(
        day_rollup.c.install_id == asked, *_not_after(day_rollup.c.day, _day_of(until))
    )
    last = func.greatest(hours.scalar_subquery(), days.scalar_subquery()).label("last")
    found = session.execute(select(asked.label("install_id"), last)).mappings()
    return {row["install_id"]: row["last"] for row in found if row["last"] is not None}


def last_event_at(session: ReadSession, install_id: str) -> datetime | None:
    """Return the time of an install's last raw event, or None where there is none."""
    newest = select(event.c.ts).where(event.c.install_id == install_id)
    last: datetime | None = session.execute(
        newest.order_by(event.c.day.desc(), event.c.ts.desc()).limit(1)
    ).scalar_one_or_none()
    return last


def dirty_installs(session: ReadSession, limit: int = 100) -> list[Mark]:
    """Return installs with events since their profile was computed, the longest waiting first.

    Read the marks before the roll-ups, and hand the same marks to writes.clear_dirty.
    """
    oldest = dirty_install.c.marked_at, dirty_install.c.install_id
    return [_mark(row) for row in session.execute(_MARKS.order_by(*oldest).limit(limit))]


def dirty_mark(session: ReadSession, install_id: str) -> Mark | None:
    """Return the mark of an install whose profile is out of date, or None."""
    row = session.execute(_MARKS.where(dirty_install.c.install_id == install_id)).one_or_none()
    return _mark(row) if row is not None else None


def newest_events(
    session: ReadSession,
    actor: Actor,
    install_id: str,
    *,
    limit: int,
    before: tuple[datetime, str] | None = None,
) -> list[RawEvent]:
    """Return raw events of an install, newest first; `before` is the time and id of the last one already seen.

    For support only, with `telemetry:read`; whoever calls has made sure that the actor may see the install.
    """
    actor.require(Permission.TELEMETRY_READ)
    statement = select(*(event.c[name] for name in RawEvent.__dataclass_fields__)).where(
        event.c.install_id == install_id
    )
    if before is not None:
        at, event_id = before
        # The day bounds the partitions that are opened; time and id say where in that day to go on.
        statement = statement.where(
            event.c.day <= at.astimezone(UTC).date(), tuple_(event.c.ts, event.c.event_id) < (at, event_id)
        )
    order = (event.c.day.desc(), event.c.ts.desc(), event.c.event_id.desc())
    rows = session.execute(statement.order_by(*order).limit(min(limit, MOST_EVENTS)))
    return [RawEvent(**row) for row in rows.mappings()]


_MARKS: Final = select(
    dirty_install.c.install_id, dirty_install.c.marked_at, dirty_install.c.last_event_at, VERSION.label("version")
)


def _mark(row: Any) -> Mark:
    return Mark(row.install_id, row.marked_at, row.last_event_at, row.version)


def _daily(install_ids: Sequence[str], start: date, end: date, counted: Column[int]) -> Select[Any]:
    table = hour_rollup
    day = func.date(func.timezone("UTC", table.c.hour)).label("day")
    return (
        select(table.c.install_id, day, cast(func.sum(counted), BigInteger).label(counted.name))
        .where(
            table.c.install_id.in_(install_ids),
            table.c.hour >= midnight(start),
            table.c.hour < midnight(end + timedelta(days=1)),
        )
        .group_by(table.c.install_id, day)
        .order_by(table.c.install_id, day)
    )


def _not_after(column: Any, until: date | None) -> list[Any]:
    return [] if until is None else [column <= until]


def _day_of(at: datetime | None) -> date | None:
    return None if at is None else at.astimezone(UTC).date()


def _beginning(day: Any) -> Any:
    """Return the instant at which a UTC day begins."""
    return func.timezone("UTC", cast(day, DateTime), type_=DateTime(timezone=True))


def _by_day(
    session: ReadSession, table: Table, names: Sequence[str], install_id: str, start: date, end: date
) -> pd.DataFrame:
    keys = [column for column in table.primary_key if column.name != "install_id"]
    statement = select(*(table.c[name] for name in names)).where(_within(table, install_id, start, end)).order_by(*keys)
    return _frame(session, statement)


def _within(table: Table, install_id: str, start: date, end: date) -> Any:
    return (table.c.install_id == install_id) & table.c.day.between(start, end)


def _frame(session: ReadSession, statement: Select[Any]) -> pd.DataFrame:
    found = session.execute(statement)
    # As tuples: pandas asks every row of another kind whether it is a named one, which costs half of the whole.
    return pd.DataFrame([tuple(row) for row in found], columns=list(found.keys()))
