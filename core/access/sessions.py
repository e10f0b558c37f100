"""Sessions: signing in and out, who a session belongs to, and the list a person may end any of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, func, insert, select, true, update

from core.access import audit
from core.access.actor import Actor
from core.access.people import checked_email
from core.access.permissions import Permission
from core.access.proof import SignInRefused, actor_for, person_for_proof, prove, refuse_unknown
from core.access.standing import person_to_manage
from core.errors import InvalidInput, NotFound
from core.ids import new_id
from db.models.access import person
from db.models.access import session as rows
from db.models.organizations import organization
from db.session import ReadSession, WriteSession

LONGEST_USER_AGENT = 300
LONGEST_ADDRESS = 60


@dataclass(frozen=True)
class SignedIn:
    """A session that has just begun."""

    session_id: UUID
    expires_at: datetime
    actor: Actor


SignInResult = SignedIn | SignInRefused


@dataclass(frozen=True)
class SessionRow:
    """A live session as People shows it; `current` marks the one that asks."""

    id: UUID
    person_id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    idle_until: datetime
    expires_at: datetime
    current: bool


def live(now: datetime) -> ColumnElement[bool]:
    """Return the condition under which a row of `session` still lets its person in."""
    return and_(rows.c.revoked_at.is_(None), rows.c.idle_until > now, rows.c.expires_at > now)


def sign_in(
    session: WriteSession,
    email: str,
    password: str,
    *,
    now: datetime,
    address: str,
    user_agent: str,
    idle_minutes: int,
    hours: int,
    request_id: str = "",
) -> SignInResult:
    """Begin a session, or return why not; commit in both cases, since a refusal counts towards the lock-out.

    Unknown people and wrong passwords get one sentence and take the same time. A door's transaction will do.
    """
    row = _person_signing_in(session, email)
    if row is None:
        return refuse_unknown(password)
    made = new_id()
    actor = actor_for(row, session_id=made, address=address[:LONGEST_ADDRESS], request_id=request_id)
    refused = prove(session, row, password, actor, refusal="session.refused", now=now)
    if refused is not None:
        return refused
    expires_at = now + timedelta(hours=hours)
    session.execute(
        insert(rows).values(
            id=made,
            organization_id=actor.organization_id,
            person_id=row["id"],
            user_agent=user_agent[:LONGEST_USER_AGENT],
            address=actor.address,
            created_at=now,
            last_seen_at=now,
            idle_until=min(now + timedelta(minutes=idle_minutes), expires_at),
            expires_at=expires_at,
        )
    )
    session.execute(update(person).where(person.c.id == row["id"]).values(last_sign_in_at=now))
    audit.record(session, actor, "session.started", ("session", str(made)), now=now)
    return SignedIn(made, expires_at, actor)


def actor_of(session: ReadSession, session_id: UUID, *, now: datetime) -> Actor | None:
    """Return who a session belongs to, or None once it is revoked, idle or expired, or the person disabled.

    Role and permissions are today's, not those of the sign-in.
    """
    statement = (
        select(person, organization.c.realm)
        .join(rows, rows.c.person_id == person.c.id)
        .join(organization, organization.c.id == person.c.organization_id)
        .where(rows.c.id == session_id, live(now), person.c.disabled_at.is_(None))
    )
    row = session.execute(statement).mappings().one_or_none()
    return None if row is None else actor_for(row, session_id=session_id)


def touch(session: WriteSession, session_id: UUID, *, now: datetime, idle_minutes: int) -> bool:
    """Put off a live session's idle end, at most once a minute; return whether a row was written."""
    idle = timedelta(minutes=idle_minutes)
    # With very short idle times a write a minute would come too late to keep anybody in.
    due = now - min(timedelta(minutes=1), idle / 4)
    changed = session.execute(
        update(rows)
        .where(rows.c.id == session_id, live(now), rows.c.last_seen_at <= due)
        .values(last_seen_at=now, idle_until=func.least(now + idle, rows.c.expires_at))
    )
    return changed.rowcount > 0


def sign_out(session: WriteSession, actor: Actor, *, now: datetime) -> None:
    """End the session the actor came with; a second time changes nothing."""
    if actor.session_id is not None:
        _end(session, actor, rows.c.id == actor.session_id, now=now, reason="signed out")


def sign_out_everywhere(
    session: WriteSession, actor: Actor, person_id: UUID, *, now: datetime, reason: str = "signed out everywhere"
) -> int:
    """End all sessions of oneself, or of somebody one may remove and outranks; return how many ended."""
    _require_say_over(session, actor, person_id)
    return _end(session, actor, rows.c.person_id == person_id, now=now, reason=reason)


def revoke_session(
    session: WriteSession, actor: Actor, session_id: UUID, *, now: datetime, reason: str = "revoked"
) -> None:
    """End one session of oneself or of somebody one may remove and outranks; NotFound where there is none live."""
    found = session.execute(
        select(rows.c.person_id).where(rows.c.id == session_id, live(now), _sight(actor))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("That session has already ended, or you may not see it.")
    _require_say_over(session, actor, found)
    _end(session, actor, rows.c.id == session_id, now=now, reason=reason)


def list_sessions(session: ReadSession, actor: Actor, person_id: UUID, *, now: datetime) -> list[SessionRow]:
    """Return the live sessions of oneself, or of somebody one may remove and outranks, the last seen first."""
    _require_say_over(session, actor, person_id)
    columns = [rows.c[name] for name in SessionRow.__dataclass_fields__ if name != "current"]
    statement = select(*columns).where(rows.c.person_id == person_id, live(now)).order_by(rows.c.last_seen_at.desc())
    return [SessionRow(**row, current=row["id"] == actor.session_id) for row in session.execute(statement).mappings()]


def end_others(session: WriteSession, actor: Actor, person_id: UUID, *, now: datetime, reason: str) -> int:
    """End every session of a person but the actor's own, for a write that has checked its permission already."""
    which = and_(rows.c.person_id == person_id, rows.c.id.is_distinct_from(actor.session_id))
    return _end(session, actor, which, now=now, reason=reason)


def _end(session: WriteSession, actor: Actor, which: ColumnElement[bool], *, now: datetime, reason: str) -> int:
    ended = session.execute(
        update(rows).where(which, live(now)).values(revoked_at=now).returning(rows.c.id, rows.c.organization_id)
    ).all()
    for row in ended:
        target = ("session", str(row.id))
        of = row.organization_id
        audit.record(session, actor, "session.ended", target, now=now, organization_id=of, reason=reason)
    return len(ended)


def _sight(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.realm == "vendor" else rows.c.organization_id == actor.organization_id


def _require_say_over(session: ReadSession, actor: Actor, person_id: UUID) -> None:
    if actor.id != str(person_id):
        person_to_manage(session, actor, person_id, Permission.MEMBER_REMOVE)


def _person_signing_in(session: WriteSession, email: str) -> RowMapping | None:
    try:
        return person_for_proof(session, func.lower(person.c.email) == checked_email(email))
    except InvalidInput:
        return None
