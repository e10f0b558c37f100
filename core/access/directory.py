"""People as the house looks them up: one organization's list, or one person by id or e-mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from core.access.actor import Actor
from core.access.people import checked_email
from core.access.permissions import Permission, Role
from core.access.sessions import live
from core.errors import NotFound
from db.models.access import person
from db.models.access import session as sessions
from db.session import ReadSession


@dataclass(frozen=True)
class Person:
    """Somebody as the People page shows them; `sessions` counts the live ones, `locked_until` is None once past."""

    id: UUID
    organization_id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime
    last_sign_in_at: datetime | None
    sessions: int
    locked_until: datetime | None
    disabled_at: datetime | None
    demo: bool


def list_people(session: ReadSession, actor: Actor, organization_id: UUID, *, now: datetime) -> list[Person]:
    """Return the people of one organization, most powerful first, then by name."""
    actor.require(Permission.MEMBER_READ)
    actor.require_sight_of(organization_id)
    found = session.execute(_people(now).where(person.c.organization_id == organization_id)).mappings()
    order = list(Role)
    return sorted((_person(row) for row in found), key=lambda one: (order.index(one.role), one.name.lower()))


def person_by_id(session: ReadSession, actor: Actor, person_id: UUID, *, now: datetime) -> Person:
    """Return oneself, or somebody of an organization one may see, else raise NotFound."""
    if actor.id != str(person_id):
        actor.require(Permission.MEMBER_READ)
    return _the_one(session, actor, _people(now).where(person.c.id == person_id))


def person_by_email(session: ReadSession, actor: Actor, email: str, *, now: datetime) -> Person:
    """Return the person who signs in with an e-mail address, else raise NotFound."""
    actor.require(Permission.MEMBER_READ)
    return _the_one(session, actor, _people(now).where(func.lower(person.c.email) == checked_email(email)))


def demo_people(session: ReadSession) -> frozenset[str]:
    """Return the e-mails of the demo world's people who are there; for the sign-in page, so asks no permission."""
    there = select(person.c.email).where(person.c.demo, person.c.disabled_at.is_(None))
    return frozenset(session.execute(there).scalars())


def _people(now: datetime) -> Select[Any]:
    count = select(func.count()).where(sessions.c.person_id == person.c.id, live(now)).scalar_subquery()
    names = [name for name in Person.__dataclass_fields__ if name not in {"sessions", "locked_until"}]
    locked = func.nullif(func.greatest(person.c.locked_until, now), now)
    return select(*(person.c[name] for name in names), count.label("sessions"), locked.label("locked_until"))


def _person(row: Any) -> Person:
    return Person(**{**row, "role": Role(row["role"])})


def _the_one(session: ReadSession, actor: Actor, statement: Select[Any]) -> Person:
    row = session.execute(statement).mappings().one_or_none()
    if row is None or (actor.realm != "vendor" and row["organization_id"] != actor.organization_id):
        raise NotFound("There is no such person, or you may not see them.")
    return _person(row)
