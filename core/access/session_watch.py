"""Which of many open connections still belong to a live session: one read for all of them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal, select

from core.access.sessions import live
from db.models.access import person
from db.models.access import session as rows
from db.session import ReadSession


def still_live(session: ReadSession, session_ids: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Return those sessions that are neither revoked, idle nor expired, and whose person may still sign in."""
    statement = (
        select(rows.c.id)
        .join(person, person.c.id == rows.c.person_id)
        .where(rows.c.id == any_(literal(list(session_ids), ARRAY(Uuid))), live(now), person.c.disabled_at.is_(None))
    )
    return set(session.execute(statement).scalars())
