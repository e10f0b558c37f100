"""A customer's timeline: what people did, what the install did and what the money did, in one order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, Text, cast, func, literal, null, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import JSONB

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts import cursors
from core.accounts.wording import Labels, entry_title, movement_detail, movement_title
from core.errors import InvalidInput
from core.licensing.reads import tiers
from core.money import Money
from db.models.access import audit_entry
from db.models.culture import upsell
from db.models.finance import movement
from db.models.licensing import license as licenses
from db.session import ReadSession

Kind = Literal["license", "verification", "money", "upsell", "people", "customer"]
KINDS: Final[tuple[Kind, ...]] = ("license", "verification", "money", "upsell", "people", "customer")
MOST: Final = 200
# Which entries of the audit trail belong on a timeline. Money is told by the ledger, and sign-ins are nobody's story.
_RESOURCES: Final[dict[str, Kind]] = {
    "license": "license",
    "upsell": "upsell",
    "person": "people",
    "organization": "customer",
    "domain": "customer",
    "brand": "customer",
    "customer": "customer",
    "contract": "customer",
}
_AUDIT, _MOVEMENT, _VERIFIED, _FOUND = range(4)


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened; `amount` is a month's, of movements alone, and `install_id` names a license's."""

    id: str
    at: datetime
    kind: Kind
    title: str
    detail: str
    actor: str
    reason: str | None
    install_id: str | None
    amount: Money | None


@dataclass(frozen=True)
class TimelinePage:
    """One page, newest first; `next_cursor` is None on the last."""

    entries: tuple[TimelineEntry, ...]
    next_cursor: str | None


def timeline(
    session: ReadSession,
    actor: Actor,
    organization_id: UUID,
    *,
    now: datetime,
    kinds: Collection[str] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> TimelinePage:
    """Return what happened to a customer up to `now`, newest first, for vendor staff.

    `kinds` narrows it to some of KINDS. Without `finance:read` there is no money on it, without `culture:read` no
    opportunity.
    """
    actor.require_vendor()
    actor.require(Permission.CUSTOMER_READ)
    limit = max(1, min(limit, MOST))
    branches = _branches(organization_id, _allowed(actor, kinds))
    if not branches:
        return TimelinePage((), None)
    all_of_it = union_all(*branches).subquery()
    place = tuple_(all_of_it.c.at, all_of_it.c.source, all_of_it.c.key)
    statement = select(all_of_it).where(all_of_it.c.at <= now)
    if cursor is not None:
        statement = statement.where(place < tuple_(*_place(cursor)))
    newest = (all_of_it.c.at.desc(), all_of_it.c.source.desc(), all_of_it.c.key.desc())
    rows = session.execute(statement.order_by(*newest).limit(limit + 1)).all()
    labels = {tier.id: tier.label for tier in tiers(session)}
    entries = tuple(_entry(row, labels) for row in rows[:limit])
    return TimelinePage(entries, _cursor(rows[limit - 1]) if len(rows) > limit else None)


def _allowed(actor: Actor, kinds: Collection[str] | None) -> set[str]:
    wanted = set(KINDS if kinds is None else kinds)
    unknown = wanted - set(KINDS)
    if unknown:
        raise InvalidInput(f"There is no kind “{min(unknown)[:40]}”. Use some of {', '.join(KINDS)}.", field="kind")
    hidden = {"money": Permission.FINANCE_READ, "upsell": Permission.CULTURE_READ}
    return wanted - {kind for kind, permission in hidden.items() if not actor.may(permission)}


def _branches(organization_id: UUID, kinds: set[str]) -> list[Select[Any]]:
    """Return one select a source, all of the same columns."""
    found = []
    resources = [resource for resource, kind in _RESOURCES.items() if kind in kinds]
    if resources:
        c = audit_entry.c
        said = func.jsonb_build_object("before", c.before, "after", c.after, "target", c.target_id, "of", c.target_kind)
        found.append(
            _branch(_AUDIT, c.at, cast(c.id, Text), c.action, said, c.actor_label, c.reason).where(
                c.organization_id == organization_id, func.split_part(c.action, ".", 1).in_(resources)
            )
        )
    if "money" in kinds:
        m = movement.c
        said = func.jsonb_build_object(
            "tier", m.tier_id, "from", m.from_tier_id, "minor", m.mrr_change_minor, "currency", m.currency
        )
        key = func.lpad(cast(m.id, Text), 20, "0")
        found.append(
            _branch(_MOVEMENT, m.effective_at, key, m.kind, said, null(), m.reason).where(
                m.organization_id == organization_id
            )
        )
    if "verification" in kinds:
        v = licenses.c
        said = func.jsonb_build_object("install", v.install_id)
        found.append(
            _branch(_VERIFIED, v.first_verified_at, cast(v.id, Text), literal("verified"), said, null(), null()).where(
                v.organization_id == organization_id, v.first_verified_at.is_not(None)
            )
        )
    if "upsell" in kinds:
        u = upsell.c
        said = func.jsonb_build_object("offer", u.offer_label, "priority", u.priority, "install", u.install_id)
        found.append(
            _branch(_FOUND, u.found_at, cast(u.id, Text), u.sentence, said, null(), null()).where(
                u.organization_id == organization_id
            )
        )
    return found


def _branch(
    source: int,
    at: ColumnElement[Any],
    key: ColumnElement[Any],
    what: ColumnElement[Any],
    said: ColumnElement[Any],
    who: ColumnElement[Any],
    reason: ColumnElement[Any],
) -> Select[Any]:
    return select(
        literal(source, Integer).label("source"),
        at.label("at"),
        key.label("key"),
        cast(what, Text).label("what"),
        cast(said, JSONB).label("said"),
        cast(who, Text).label("who"),
        cast(reason, Text).label("reason"),
    )


def _entry(row: Row[Any], labels: Labels) -> TimelineEntry:
    kind, title, detail, install_id, amount = _told(row, labels)
    who = row.who or ""
    return TimelineEntry(f"{row.source}-{row.key}", row.at, kind, title, detail, who, row.reason, install_id, amount)


def _told(row: Row[Any], labels: Labels) -> tuple[Kind, str, str, str | None, Money | None]:
    said = row.said
    if row.source == _MOVEMENT:
        amount = Money(said["minor"], said["currency"])
        detail = movement_detail(said["tier"], said["from"], labels)
        return "money", movement_title(row.what, amount), detail, None, amount
    if row.source == _VERIFIED:
        return "verification", "Phoned home for the first time", said["install"], said["install"], None
    if row.source == _FOUND:
        return "upsell", row.what, f"{said['offer']} · {said['priority'].capitalize()}", said["install"], None
    kind = _RESOURCES[row.what.partition(".")[0]]
    title = entry_title(row.what, said["before"] or {}, said["after"] or {}, labels)
    install_id = said["target"] if said["of"] == "license" else None
    return kind, title, install_id or "", install_id, None


def _cursor(last: Row[Any]) -> str:
    return cursors.encode(last.at.isoformat(), last.source, last.key)


def _place(cursor: str) -> tuple[datetime, int, str]:
    try:
        at, source, key = cursors.decode(cursor)
        known_at, known_source = datetime.fromisoformat(str(at)), (_AUDIT, _MOVEMENT, _VERIFIED, _FOUND).index(source)
    except ValueError as wrong:
        raise cursors.foreign() from wrong
    if known_at.tzinfo is None:
        raise cursors.foreign()
    return known_at, known_source, str(key)
