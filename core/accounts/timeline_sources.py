"""Where a timeline's entries come from: one select a source, all of the same columns, for one order over them."""

from collections.abc import Collection
from enum import IntEnum
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, Integer, Select, Text, cast, func, literal, null, select
from sqlalchemy.dialects.postgresql import JSONB

from db.models.access import audit_entry
from db.models.culture import upsell
from db.models.finance import movement
from db.models.invoice_runs import dunning_notice
from db.models.invoices import credit_note, invoice
from db.models.licensing import license as licenses
from db.models.support import churn_event, support_ticket

Kind = Literal["license", "verification", "money", "upsell", "support", "people", "customer"]
KINDS: Final[tuple[Kind, ...]] = ("license", "verification", "money", "upsell", "support", "people", "customer")
# Which entries of the audit trail belong on a timeline. Money is told by the ledger, and sign-ins are nobody's story.
AUDITED: Final[dict[str, Kind]] = {
    "license": "license",
    "upsell": "upsell",
    "person": "people",
    "organization": "customer",
    "domain": "customer",
    "brand": "customer",
    "customer": "customer",
    "contract": "customer",
}


class Source(IntEnum):
    """A source; its number is part of an entry's place, so it never changes."""

    AUDIT = 0
    MOVEMENT = 1
    VERIFIED = 2
    FOUND = 3
    TICKET = 4
    CLOSED = 5
    LEFT = 6
    INVOICED = 7
    INVOICE_PAID = 8
    OVERDUE = 9
    CREDITED = 10
    DUNNED = 11


def branches(organization_id: UUID, kinds: Collection[str]) -> list[Select[Any]]:
    """Return a select for each source of these kinds."""
    found = []
    resources = [resource for resource, kind in AUDITED.items() if kind in kinds]
    if resources:
        found.append(_audited(organization_id, resources))
    if "money" in kinds:
        found += [_moved(organization_id), *invoice_branches(organization_id)]
    if "verification" in kinds:
        found.append(_verified(organization_id))
    if "upsell" in kinds:
        found.append(_found(organization_id))
    if "support" in kinds:
        found += [_tickets(organization_id), _tickets_closed(organization_id), _left(organization_id)]
    return found


def _audited(organization_id: UUID, resources: list[str]) -> Select[Any]:
    c = audit_entry.c
    said = func.jsonb_build_object("before", c.before, "after", c.after, "target", c.target_id, "of", c.target_kind)
    return _branch(Source.AUDIT, c.at, cast(c.id, Text), c.action, said, c.actor_label, c.reason).where(
        c.organization_id == organization_id, func.split_part(c.action, ".", 1).in_(resources)
    )


def _moved(organization_id: UUID) -> Select[Any]:
    m = movement.c
    said = func.jsonb_build_object(
        "tier", m.tier_id, "from", m.from_tier_id, "minor", m.mrr_change_minor, "currency", m.currency
    )
    key = func.lpad(cast(m.id, Text), 20, "0")
    return _branch(Source.MOVEMENT, m.effective_at, key, m.kind, said, null(), m.reason).where(
        m.organization_id == organization_id
    )


def _verified(organization_id: UUID) -> Select[Any]:
    v = licenses.c
    said = func.jsonb_build_object("install", v.install_id)
    first = literal("verified")
    return _branch(Source.VERIFIED, v.first_verified_at, cast(v.id, Text), first, said, null(), null()).where(
        v.organization_id == organization_id, v.first_verified_at.is_not(None)
    )


def _found(organization_id: UUID) -> Select[Any]:
    u = upsell.c
    said = func.jsonb_build_object("offer", u.offer_label, "priority", u.priority, "install", u.install_id)
    return _branch(Source.FOUND, u.found_at, cast(u.id, Text), u.sentence, said, null(), null()).where(
        u.organization_id == organization_id
    )


def _tickets(organization_id: UUID) -> Select[Any]:
    t = support_ticket.c
    said = func.jsonb_build_object("reference", t.reference, "priority", t.priority, "escalated", t.escalated)
    return _branch(Source.TICKET, t.submitted_at, cast(t.id, Text), t.subject, said, null(), null()).where(
        t.organization_id == organization_id
    )


def _tickets_closed(organization_id: UUID) -> Select[Any]:
    t = support_ticket.c
    said = func.jsonb_build_object("reference", t.reference, "satisfaction", t.satisfaction)
    return _branch(Source.CLOSED, t.closed_at, cast(t.id, Text), t.subject, said, null(), null()).where(
        t.organization_id == organization_id, t.closed_at.is_not(None)
    )


def _left(organization_id: UUID) -> Select[Any]:
    c = churn_event.c
    said = func.jsonb_build_object("feedback", c.feedback, "again", c.reactivation)
    return _branch(Source.LEFT, c.at, cast(c.id, Text), c.reason, said, null(), null()).where(
        c.organization_id == organization_id
    )


def invoice_branches(organization_id: UUID) -> list[Select[Any]]:
    """Return a select for each thing that happens to a customer's invoices."""
    return [
        _invoices(Source.INVOICED, invoice.c.finalized_at, organization_id),
        _invoices(Source.INVOICE_PAID, invoice.c.paid_at, organization_id).where(invoice.c.total_minor > 0),
        # The first instant of the day after it was due; one that is paid by then was never late.
        _invoices(Source.OVERDUE, _DAY_AFTER, organization_id).where(
            invoice.c.state.in_(["open", "paid", "uncollectible"]),
            invoice.c.paid_at.is_(None) | (invoice.c.paid_at >= _DAY_AFTER),
        ),
        _credited(organization_id),
        _dunned(organization_id),
    ]


_DAY_AFTER: Final = func.timezone("UTC", cast(invoice.c.due_on + 1, TIMESTAMP))


def _invoices(source: Source, at: ColumnElement[Any], organization_id: UUID) -> Select[Any]:
    i = invoice.c
    said = func.jsonb_build_object("minor", i.total_minor, "currency", i.currency, "due", i.due_on)
    return _branch(source, at, cast(i.id, Text), i.number, said, null(), null()).where(
        i.organization_id == organization_id, i.number.is_not(None), at.is_not(None)
    )


def _credited(organization_id: UUID) -> Select[Any]:
    n = credit_note.c
    said = func.jsonb_build_object("minor", n.total_minor, "currency", n.currency)
    return _branch(Source.CREDITED, n.issued_at, cast(n.id, Text), n.number, said, null(), n.reason).where(
        n.organization_id == organization_id
    )


def _dunned(organization_id: UUID) -> Select[Any]:
    d, i = dunning_notice.c, invoice.c
    said = func.jsonb_build_object("days", d.days, "mailed", d.mail_id.is_not(None))
    key = func.concat(cast(d.invoice_id, Text), "-", func.lpad(cast(d.days, Text), 3, "0"))
    taken = _branch(Source.DUNNED, d.sent_at, key, i.number, said, null(), null())
    return taken.join(invoice, i.id == d.invoice_id).where(d.organization_id == organization_id)


def _branch(
    source: Source,
    at: ColumnElement[Any],
    key: ColumnElement[Any],
    what: ColumnElement[Any],
    said: ColumnElement[Any],
    who: ColumnElement[Any],
    reason: ColumnElement[Any],
) -> Select[Any]:
    return select(
        literal(int(source), Integer).label("source"),
        at.label("at"),
        key.label("key"),
        cast(what, Text).label("what"),
        cast(said, JSONB).label("said"),
        cast(who, Text).label("who"),
        cast(reason, Text).label("reason"),
    )
