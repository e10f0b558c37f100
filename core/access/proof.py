"""Proving who one is by password: the comparison, the count of failures, the lock-out and the raised hash."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, select, update

from core.access import audit
from core.access.actor import Actor, ActorKind
from core.access.lockout import lock_after, locked_sentence, seconds_left
from core.access.passwords import hash_password, outdated, spend_as_much, verify_password
from core.access.permissions import ROLE_PERMISSIONS, Role
from db.models.access import person
from db.models.organizations import organization
from db.session import WriteSession

WRONG = (
    "The e-mail or the password is not right. Check both and try again; "
    "if you have forgotten it, whoever runs Calos for you can set a new one."
)
DISABLED = "This account is disabled. Ask an owner or admin of your organization to enable it."


@dataclass(frozen=True)
class SignInRefused:
    """A refusal as the person reads it; returned, not raised, so that the failure is counted when the edge commits.

    `code` is `wrong_credentials`, `locked` or `disabled`; `retry_after` is in whole seconds, for a lock only.
    """

    message: str
    code: str
    retry_after: int | None = None


def person_for_proof(session: WriteSession, which: ColumnElement[bool]) -> RowMapping | None:
    """Return and lock the one person `which` selects, with their organization's realm.

    The lock makes guesses at one person wait for each other: parallel ones can't outrun the count.
    """
    statement = (
        select(person, organization.c.realm)
        .join(organization, organization.c.id == person.c.organization_id)
        .where(which)
        .with_for_update(of=person)
    )
    return session.execute(statement).mappings().one_or_none()


def actor_for(row: RowMapping, *, session_id: UUID | None, address: str = "", request_id: str = "") -> Actor:
    """Return the person of a row (person's columns and `realm`) as an actor."""
    role = Role(row["role"])
    return Actor(
        kind=ActorKind.USER,
        id=str(row["id"]),
        label=row["email"],
        organization_id=row["organization_id"],
        realm=row["realm"],
        permissions=ROLE_PERMISSIONS[role],
        role=role.value,
        session_id=session_id,
        address=address,
        request_id=request_id,
    )


def refuse_unknown(password: str) -> SignInRefused:
    """Refuse an e-mail nobody has, in the time and words of a wrong password."""
    spend_as_much(password)
    return SignInRefused(WRONG, "wrong_credentials")


def prove(
    session: WriteSession, row: RowMapping, password: str, actor: Actor, *, refusal: str, now: datetime
) -> SignInRefused | None:
    """Compare a password with that of the person whose row `person_for_proof` locked; None means it is theirs.

    `refusal` is the audit action of a no. A right password during lock-out is refused too, or the lock would only
    slow the guesses that are wrong.
    """
    target = ("person", actor.id)
    if row["locked_until"] is not None and now < row["locked_until"]:
        audit.record(session, actor, refusal, target, now=now, reason="locked out")
        return _locked(row["locked_until"] - now)
    if not verify_password(row["password_hash"], password):
        audit.record(session, actor, refusal, target, now=now, reason="wrong password")
        return _count_failure(session, actor, row["failed_sign_ins"] + 1, now)
    if row["disabled_at"] is not None:
        audit.record(session, actor, refusal, target, now=now, reason="disabled")
        return SignInRefused(DISABLED, "disabled")
    _count_success(session, row, password)
    return None


def _count_failure(session: WriteSession, actor: Actor, failures: int, now: datetime) -> SignInRefused:
    lock = lock_after(failures)
    changed: dict[str, Any] = {"failed_sign_ins": failures}
    if lock is not None:
        changed["locked_until"] = now + lock
        after = {"failures": failures, "until": (now + lock).isoformat()}
        audit.record(session, actor, "person.locked", ("person", actor.id), now=now, after=after)
    session.execute(update(person).where(person.c.id == UUID(actor.id)).values(**changed))
    return SignInRefused(WRONG, "wrong_credentials") if lock is None else _locked(lock)


def _count_success(session: WriteSession, row: RowMapping, password: str) -> None:
    changed: dict[str, Any] = {"failed_sign_ins": 0, "locked_until": None}
    if outdated(row["password_hash"]):
        changed["password_hash"] = hash_password(password)
    session.execute(update(person).where(person.c.id == row["id"]).values(**changed))


def _locked(left: timedelta) -> SignInRefused:
    return SignInRefused(locked_sentence(left), "locked", seconds_left(left))
