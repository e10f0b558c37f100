"""A customer's timeline: what people did, what the install did and what the money did, in one order."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, tuple_, union_all

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts import cursors
from core.accounts.invoice_wording import InvoiceNews, invoice_told
from core.accounts.timeline_sources import AUDITED, KINDS, Kind, Source, branches
from core.accounts.wording import (
    Labels,
    Values,
    entry_title,
    movement_detail,
    movement_title,
    said_to_leave,
    ticket_closed,
    ticket_opened,
)
from core.errors import InvalidInput
from core.licensing.reads import tiers
from core.money import Money
from db.session import ReadSession

MOST: Final = 200
_SUPPORT: Final[dict[Source, Callable[[str, Values], tuple[str, str]]]] = {
    Source.TICKET: ticket_opened,
    Source.CLOSED: ticket_closed,
    Source.LEFT: said_to_leave,
}
INVOICES: Final[dict[Source, InvoiceNews]] = {
    Source.INVOICED: "issued",
    Source.INVOICE_PAID: "paid",
    Source.OVERDUE: "overdue",
    Source.CREDITED: "credited",
    Source.DUNNED: "dunned",
}


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
    sources = branches(organization_id, _allowed(actor, kinds))
    if not sources:
        return TimelinePage((), None)
    all_of_it = union_all(*sources).subquery()
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


def _entry(row: Row[Any], labels: Labels) -> TimelineEntry:
    kind, title, detail, install_id, amount = _told(row, labels)
    who = row.who or ""
    return TimelineEntry(f"{row.source}-{row.key}", row.at, kind, title, detail, who, row.reason, install_id, amount)


def _told(row: Row[Any], labels: Labels) -> tuple[Kind, str, str, str | None, Money | None]:
    said, source = row.said, Source(row.source)
    if source is Source.MOVEMENT:
        amount = Money(said["minor"], said["currency"])
        detail = movement_detail(said["tier"], said["from"], labels)
        return "money", movement_title(row.what, amount), detail, None, amount
    if source is Source.VERIFIED:
        return "verification", "Phoned home for the first time", said["install"], said["install"], None
    if source is Source.FOUND:
        return "upsell", row.what, f"{said['offer']} · {said['priority'].capitalize()}", said["install"], None
    if source in INVOICES:
        return "money", *invoice_told(INVOICES[source], row.what, said), None, None
    if source in _SUPPORT:
        return "support", *_SUPPORT[source](row.what, said), None, None
    kind = AUDITED[row.what.partition(".")[0]]
    title = entry_title(row.what, said["before"] or {}, said["after"] or {}, labels)
    install_id = said["target"] if said["of"] == "license" else None
    return kind, title, install_id or "", install_id, None


def _cursor(last: Row[Any]) -> str:
    return cursors.encode(last.at.isoformat(), last.source, last.key)


def _place(cursor: str) -> tuple[datetime, int, str]:
    try:
        at, source, key = cursors.decode(cursor)
        known_at, known_source = datetime.fromisoformat(str(at)), Source(int(source))
    except ValueError as wrong:
        raise cursors.foreign() from wrong
    if known_at.tzinfo is None:
        raise cursors.foreign()
    return known_at, int(known_source), str(key)
