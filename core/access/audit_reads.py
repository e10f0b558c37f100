"""The audit trail as page and API read it: searched, newest first, and by person."""

import base64
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from db.models.access import audit_entry, audit_head
from db.session import ReadSession

MOST = 200


@dataclass(frozen=True)
class AuditEntry:
    """Who did what to what, when, from where, before and after; `sequence` is its place in the chain once sealed."""

    id: UUID
    organization_id: UUID
    at: datetime
    actor_kind: str
    actor_id: str
    actor_label: str
    action: str
    target_kind: str
    target_id: str
    reason: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    address: str
    request_id: str
    sequence: int | None
    hash: bytes | None


@dataclass(frozen=True)
class Place:
    """Where a page of the trail ended: the time and id of its last entry."""

    at: datetime
    id: UUID


def cursor_of(place: Place) -> str:
    """Return a place as text for a link or a caller to hand back."""
    return base64.urlsafe_b64encode(f"{place.at.isoformat()} {place.id}".encode()).decode()


def place_of(cursor: str) -> Place:
    """Return the place that a cursor of ours names, or raise InvalidInput."""
    try:
        at, _, last = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        place = Place(datetime.fromisoformat(at), UUID(last))
    except ValueError as wrong:
        raise InvalidInput("This cursor is not one of ours. Start again without it.", field="cursor") from wrong
    if place.at.tzinfo is None:
        raise InvalidInput("This cursor is not one of ours. Start again without it.", field="cursor")
    return place


@dataclass(frozen=True)
class Search:
    """What is looked for; everything given must hold.

    `who` is part of an actor's label or its whole id; `action` is exact, or a resource when it ends in a dot
    (`license.`); `target` is a whole id, or a kind; `text` occurs anywhere in an entry.
    """

    who: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True)
class ChainState:
    """How far an organization's chain has got; `sealed` counts its entries, `waiting` those not yet in it."""

    sealed: int
    waiting: int
    oldest_waiting: datetime | None


@dataclass(frozen=True)
class Trail:
    """A page of the trail; `next` leads to the one after it, None at the end."""

    entries: list[AuditEntry] = field(default_factory=list)
    next: Place | None = None


_COLUMNS = tuple(audit_entry.c[name] for name in AuditEntry.__dataclass_fields__)


def search(
    session: ReadSession,
    actor: Actor,
    organization_id: UUID | None,
    wanted: Search,
    *,
    after: Place | None = None,
    limit: int = 50,
) -> Trail:
    """Return a page of an organization's trail, newest first; None means every organization, for vendor staff."""
    statement = _of(actor, organization_id).where(*_conditions(wanted))
    if after is not None:
        statement = statement.where(tuple_(audit_entry.c.at, audit_entry.c.id) < tuple_(after.at, after.id))
    return _page(session, statement, limit)


def by_person(
    session: ReadSession, actor: Actor, person_id: UUID, *, days: int, now: datetime, limit: int = 50
) -> Trail:
    """Return what somebody did in the last `days`; everybody may read their own."""
    if actor.id != str(person_id):
        actor.require(Permission.AUDIT_READ)
    since = audit_entry.c.at >= now - timedelta(days=days)
    statement = select(*_COLUMNS).where(audit_entry.c.actor_id == str(person_id), since)
    # What staff did for a customer stands in the customer's trail, so theirs is looked for everywhere.
    if actor.realm != "vendor":
        statement = statement.where(audit_entry.c.organization_id == actor.organization_id)
    return _page(session, statement, limit)


def actions(session: ReadSession, actor: Actor, organization_id: UUID | None) -> list[str]:
    """Return the actions that occur in a trail, sorted, for a filter to choose from."""
    seen = _of(actor, organization_id).with_only_columns(audit_entry.c.action).distinct()
    return sorted(session.execute(seen).scalars())


def chain_state(session: ReadSession, actor: Actor, organization_id: UUID) -> ChainState:
    """Return how far an organization's chain has got."""
    _require(actor, organization_id)
    sealed = session.execute(
        select(audit_head.c.sequence).where(audit_head.c.organization_id == organization_id)
    ).scalar_one_or_none()
    waiting = select(func.count().label("waiting"), func.min(audit_entry.c.at).label("oldest")).where(
        audit_entry.c.organization_id == organization_id, audit_entry.c.sequence.is_(None)
    )
    row = session.execute(waiting).one()._mapping
    return ChainState(sealed or 0, row["waiting"], row["oldest"])


def _require(actor: Actor, organization_id: UUID | None) -> None:
    actor.require(Permission.AUDIT_READ)
    if organization_id is None:
        actor.require_vendor()
    else:
        actor.require_sight_of(organization_id)


def _of(actor: Actor, organization_id: UUID | None) -> Select[Any]:
    _require(actor, organization_id)
    statement = select(*_COLUMNS)
    return statement if organization_id is None else statement.where(audit_entry.c.organization_id == organization_id)


def _page(session: ReadSession, statement: Select[Any], limit: int) -> Trail:
    limit = min(limit, MOST)
    newest = statement.order_by(audit_entry.c.at.desc(), audit_entry.c.id.desc()).limit(limit + 1)
    entries = [AuditEntry(**row._mapping) for row in session.execute(newest)]
    more = len(entries) > limit
    return Trail(entries[:limit], Place(entries[limit - 1].at, entries[limit - 1].id) if more else None)


def _conditions(wanted: Search) -> Iterator[ColumnElement[bool]]:
    c = audit_entry.c
    if wanted.who:
        yield or_(c.actor_id == wanted.who, c.actor_label.icontains(wanted.who, autoescape=True))
    if wanted.action:
        resource = wanted.action.endswith(".")
        yield c.action.startswith(wanted.action, autoescape=True) if resource else c.action == wanted.action
    if wanted.target:
        yield or_(c.target_id == wanted.target, c.target_kind == wanted.target)
    if wanted.since:
        yield c.at >= wanted.since
    if wanted.until:
        yield c.at < wanted.until
    if wanted.text:
        anywhere = (c.actor_label, c.action, c.target_id, c.reason, c.address, c.request_id)
        inside = (cast(c.before, Text), cast(c.after, Text))
        yield or_(*(column.icontains(wanted.text, autoescape=True) for column in (*anywhere, *inside)))


def entries_of(
    session: ReadSession, target: tuple[str, str], actions: Collection[str], *, since: datetime, until: datetime
) -> list[AuditEntry]:
    """Return what was done to a target in a stretch of time, oldest first; for profiles, so asks no permission."""
    c = audit_entry.c
    kind, key = target
    about = select(*_COLUMNS).where(c.target_kind == kind, c.target_id == key, c.action.in_(actions))
    rows = session.execute(about.where(c.at >= since, c.at <= until).order_by(c.at, c.id))
    return [AuditEntry(**row._mapping) for row in rows]
