"""What happens to people after they joined: another role, disabled and enabled, unlocked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission, Role
from core.access.sessions import end_others
from core.access.standing import Standing, person_to_change, require_another_owner, require_may_appoint
from core.errors import Conflict
from db.models.access import person
from db.session import WriteSession


def change_role(
    session: WriteSession, actor: Actor, person_id: UUID, role: Role, *, now: datetime, reason: str | None = None
) -> None:
    """Give somebody another role, effective with their next click; the same role again changes nothing.

    Raises NotPermitted above the actor's standing, Conflict for the last owner.
    """
    target = person_to_change(session, actor, person_id, Permission.MEMBER_UPDATE_ROLE)
    require_may_appoint(actor, target.organization_id, role)
    if target.role is role:
        return
    require_another_owner(session, target)
    before, after = {"role": target.role.value}, {"role": role.value}
    _change(
        session, actor, target, "person.role_changed", now=now, values=after, reason=reason, before=before, after=after
    )


def disable_person(
    session: WriteSession, actor: Actor, person_id: UUID, *, now: datetime, reason: str | None = None
) -> None:
    """Keep somebody from signing in and end their sessions; what they did stays theirs."""
    target = person_to_change(session, actor, person_id, Permission.MEMBER_REMOVE)
    if actor.id == str(person_id):
        raise Conflict("You can't disable yourself. Ask another owner or admin.", code="own_account")
    if target.disabled_at is not None:
        return
    require_another_owner(session, target)
    _change(session, actor, target, "person.disabled", now=now, values={"disabled_at": now}, reason=reason)
    end_others(session, actor, person_id, now=now, reason="disabled")


def enable_person(
    session: WriteSession, actor: Actor, person_id: UUID, *, now: datetime, reason: str | None = None
) -> None:
    """Let somebody sign in again."""
    target = person_to_change(session, actor, person_id, Permission.MEMBER_REMOVE)
    if target.disabled_at is not None:
        _change(session, actor, target, "person.enabled", now=now, values={"disabled_at": None}, reason=reason)


def unlock_person(session: WriteSession, actor: Actor, person_id: UUID, *, now: datetime) -> None:
    """End a lock-out before its time, for somebody who has proved who they are in another way."""
    target = person_to_change(session, actor, person_id, Permission.MEMBER_REMOVE)
    values = {"locked_until": None, "failed_sign_ins": 0}
    _change(session, actor, target, "person.unlocked", now=now, values=values)


def _change(
    session: WriteSession,
    actor: Actor,
    target: Standing,
    action: str,
    *,
    now: datetime,
    values: dict[str, Any],
    reason: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    session.execute(update(person).where(person.c.id == target.id).values(**values))
    audit.record(
        session,
        actor,
        action,
        ("person", str(target.id)),
        now=now,
        organization_id=target.organization_id,
        reason=reason,
        before=before,
        after=after,
    )
