"""Changing a password: one's own with the old one as proof, or anybody's from the server's command line."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from core.access import audit
from core.access.actor import Actor, ActorKind
from core.access.passwords import check_new_password, hash_password
from core.access.permissions import Permission
from core.access.proof import SignInRefused, person_for_proof, prove
from core.access.sessions import end_others
from core.access.standing import person_to_change
from core.errors import Conflict, NotFound, NotPermitted
from db.models.access import person
from db.session import WriteSession


def change_own_password(
    session: WriteSession, actor: Actor, current: str, new: str, *, now: datetime
) -> SignInRefused | None:
    """Replace one's own password and end one's other sessions; return why not where `current` is wrong.

    A refusal is returned so that the edge commits it: whoever found an open screen gets no more guesses here than at
    the sign-in. Raises InvalidInput where the new password won't do.
    """
    if actor.kind is not ActorKind.USER:
        raise NotPermitted("Only a person who is signed in has a password to change.", code="not_a_person")
    check_new_password(new, email=actor.label)
    if new == current:
        raise Conflict("That is your password already. Choose another one.", code="same_password")
    row = person_for_proof(session, person.c.id == UUID(actor.id))
    if row is None:
        raise NotFound("Your account was removed. Sign in again, or ask an owner.")
    refused = prove(session, row, current, actor, refusal="password.refused", now=now)
    if refused is not None:
        return refused
    _set(session, UUID(actor.id), new)
    audit.record(session, actor, "password.changed", ("person", actor.id), now=now)
    end_others(session, actor, UUID(actor.id), now=now, reason="password changed")
    return None


def reset_password(session: WriteSession, actor: Actor, person_id: UUID, new: str, *, now: datetime) -> None:
    """Set somebody's password, unlock them and end their sessions: the way back in, for the server's operator only.

    Nobody else may, or an admin could sign in as anybody they outrank.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise NotPermitted("Passwords are reset on the server, with manage.py user password.", code="operator_only")
    target = person_to_change(session, actor, person_id, Permission.MEMBER_UPDATE_ROLE)
    check_new_password(new, email=target.email)
    _set(session, person_id, new)
    of = target.organization_id
    audit.record(session, actor, "password.reset", ("person", str(person_id)), now=now, organization_id=of)
    end_others(session, actor, person_id, now=now, reason="password reset")


def _set(session: WriteSession, person_id: UUID, new: str) -> None:
    session.execute(
        update(person)
        .where(person.c.id == person_id)
        .values(password_hash=hash_password(new), failed_sign_ins=0, locked_until=None)
    )
