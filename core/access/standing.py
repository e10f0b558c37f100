"""Who stands above whom: the rules by which people may be appointed, changed and removed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select

from core.access.actor import Actor, ActorKind
from core.access.permissions import Permission, Role, outranks
from core.errors import Conflict, NotFound, NotPermitted
from db.models.access import person
from db.session import ReadSession, WriteSession

# A manager may invite, but only to roles that can't manage anybody themselves.
MANAGERS_MAY_INVITE = frozenset({Role.MEMBER, Role.VIEWER})


@dataclass(frozen=True)
class Standing:
    """What decides whether somebody may be managed: whose they are, their role, and whether they may sign in."""

    id: UUID
    organization_id: UUID
    email: str
    role: Role
    disabled_at: datetime | None


def stands_above(actor: Actor, organization_id: UUID, role: Role) -> bool:
    """Whether the actor may manage somebody with this role in this organization.

    The system and, over customers' people, the vendor's staff stand above everybody; owners also above each other,
    so that a founder can hand over; everybody else only above lower ranks.
    """
    if actor.kind is ActorKind.SYSTEM or organization_id != actor.organization_id:
        return actor.realm == "vendor"
    own = _role_of(actor)
    return own is Role.OWNER or (own is not None and outranks(own, role))


def require_may_appoint(actor: Actor, organization_id: UUID, role: Role) -> None:
    """Raise NotPermitted unless the actor may bring somebody into this role."""
    own = _role_of(actor)
    if not stands_above(actor, organization_id, role):
        raise NotPermitted(
            f"Your role ({actor.role}) may only give roles below its own: {_below(own)}. "
            f"Ask an owner to give somebody the role {role.value}.",
            code="role_too_high",
        )
    if own is Role.MANAGER and organization_id == actor.organization_id and role not in MANAGERS_MAY_INVITE:
        raise NotPermitted("Managers add members and viewers. Ask an owner or admin for more.", code="role_too_high")


def person_to_manage(session: ReadSession, actor: Actor, person_id: UUID, permission: Permission) -> Standing:
    """Return somebody the actor may manage, else raise NotPermitted, or NotFound beyond the actor's sight."""
    actor.require(permission)
    row = session.execute(select(*_COLUMNS).where(person.c.id == person_id)).mappings().one_or_none()
    if row is None or (actor.realm != "vendor" and row["organization_id"] != actor.organization_id):
        raise NotFound("There is no such person, or you may not see them.")
    target = Standing(**{**row, "role": Role(row["role"])})
    if not stands_above(actor, target.organization_id, target.role):
        raise NotPermitted(
            f"Your role ({actor.role}) does not stand above {target.email}'s ({target.role.value}). "
            "Ask an owner to do this.",
            code="role_too_high",
        )
    return target


def person_to_change(session: WriteSession, actor: Actor, person_id: UUID, permission: Permission) -> Standing:
    """Like `person_to_manage`, and lock them with the owners beside them until the transaction ends.

    Otherwise two owners could step down at once, each believing that the other stays.
    """
    theirs = select(person.c.organization_id).where(person.c.id == person_id).scalar_subquery()
    owners = and_(person.c.organization_id == theirs, person.c.role == Role.OWNER.value)
    # In one order for everybody, or two changes at once would wait for each other forever.
    session.execute(
        select(person.c.id).where(or_(person.c.id == person_id, owners)).order_by(person.c.id).with_for_update()
    )
    return person_to_manage(session, actor, person_id, permission)


def require_another_owner(session: WriteSession, target: Standing) -> None:
    """Raise Conflict where the target is the only owner left who can sign in."""
    if target.role is not Role.OWNER or target.disabled_at is not None:
        return
    another = session.execute(
        select(person.c.id).where(
            person.c.organization_id == target.organization_id,
            person.c.role == Role.OWNER.value,
            person.c.disabled_at.is_(None),
            person.c.id != target.id,
        )
    ).first()
    if another is None:
        raise Conflict(
            f"{target.email} is the only owner. Make somebody else an owner first, so that the organization keeps one.",
            code="last_owner",
        )


def _role_of(actor: Actor) -> Role | None:
    return Role(actor.role) if actor.role in set(Role) else None


def _below(role: Role | None) -> str:
    lower = [] if role is None else [other.value for other in Role if outranks(role, other)]
    return ", ".join(lower) or "none"


_COLUMNS = tuple(person.c[name] for name in Standing.__dataclass_fields__)
