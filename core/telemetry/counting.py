"""Counts over the telemetry of one install that no roll-up holds ready: its people, and its API calls by minute."""

from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import func, select

from core.telemetry.events import ANONYMOUS
from core.telemetry.reads import daily_events
from db.models.telemetry import actor_rollup, event
from db.session import ReadSession

# Events of a day lie in the order of their ids: whoever wants an hour of them looks through all.
MOST_SEARCHED: Final = 200_000


def people(session: ReadSession, install_id: str, start: date, end: date) -> int:
    """Return how many distinct users events named; sessions that stand in for somebody are not counted."""
    c = actor_rollup.c
    within = (c.install_id == install_id, c.day.between(start, end), c.actor.not_like(f"{ANONYMOUS}%"))
    return int(session.execute(select(func.count(c.actor.distinct())).where(*within)).scalar_one())


def people_named(session: ReadSession, install_id: str, start: date, end: date) -> frozenset[str]:
    """Return the distinct users that events named, for them to be compared with those of other days."""
    c = actor_rollup.c
    within = (c.install_id == install_id, c.day.between(start, end), c.actor.not_like(f"{ANONYMOUS}%"))
    return frozenset(session.execute(select(c.actor).where(*within).distinct()).scalars())


def calls_by_minute(
    session: ReadSession, install_id: str, start: datetime, end: datetime
) -> dict[datetime, int] | None:
    """Return API calls by the minute in which they were made, from `start` until before `end`, from raw events.

    None where the install sent too many events on these days for them to be looked through.
    """
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    if daily_events(session, [install_id], first, last)["events"].sum() > MOST_SEARCHED:
        return None
    c = event.c
    minute = func.date_trunc("minute", c.ts).label("minute")
    made = (c.install_id == install_id, c.day.between(first, last), c.ts >= start, c.ts < end, c.type == "api_call")
    statement = select(minute, func.count().label("calls")).where(*made).group_by(minute)
    return {row.minute: row.calls for row in session.execute(statement)}
