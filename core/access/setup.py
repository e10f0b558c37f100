"""The one-time set-up link of an installation that starts empty: made at start, good for one day and one use."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from core.access.permissions import Role
from core.errors import Conflict, NotFound
from core.ids import digest, new_secret
from db.models.access import person, setup_link
from db.models.organizations import organization
from db.session import ReadSession, WriteSession

GOOD_FOR = timedelta(hours=24)
# Names the lock that lets one set-up at a time decide whether there is an owner; any constant of our own would do.
_LOCK = 0x43414C4F53

STALE = (
    "This set-up link was used already or is older than a day. Start Calos again to get a fresh one on its console, "
    "or sign in if you have an account."
)


def needs_setup(session: ReadSession) -> bool:
    """Whether nobody owns the vendor's organization yet."""
    statement = (
        select(person.c.id)
        .join(organization, organization.c.id == person.c.organization_id)
        .where(organization.c.realm == "vendor", person.c.role == Role.OWNER.value)
        .limit(1)
    )
    return session.execute(statement).first() is None


def has_people(session: ReadSession, organization_id: UUID) -> bool:
    """Whether anybody belongs to an organization."""
    statement = select(person.c.id).where(person.c.organization_id == organization_id).limit(1)
    return session.execute(statement).first() is not None


def make_setup_link(session: WriteSession, *, now: datetime) -> str | None:
    """Return the token of a fresh link, of which only a digest is kept, or None once there is an owner."""
    if not needs_setup(session):
        return None
    session.execute(delete(setup_link).where(setup_link.c.created_at <= now - GOOD_FOR))
    token = new_secret("setup")
    session.execute(insert(setup_link).values(token_digest=digest(token), created_at=now))
    return token


def setup_link_works(session: ReadSession, token: str, *, now: datetime) -> bool:
    """Whether a link would be accepted, without using it."""
    statement = select(setup_link.c.created_at).where(
        setup_link.c.token_digest == digest(token),
        setup_link.c.used_at.is_(None),
        setup_link.c.created_at > now - GOOD_FOR,
    )
    return session.execute(statement).first() is not None and needs_setup(session)


def spend_setup_link(session: WriteSession, token: str, *, now: datetime) -> None:
    """Use a link up, once; raise NotFound for one that is stale, Conflict once there is an owner.

    Whoever holds the transaction holds the only set-up there is: a second waits here and then finds an owner.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    if not needs_setup(session):
        raise Conflict("Calos is set up already. Sign in, or ask an owner to invite you.", code="already_set_up")
    used = session.execute(
        update(setup_link)
        .where(
            setup_link.c.token_digest == digest(token),
            setup_link.c.used_at.is_(None),
            setup_link.c.created_at > now - GOOD_FOR,
        )
        .values(used_at=now)
    )
    if used.rowcount == 0:
        raise NotFound(STALE, code="setup_link_stale")
