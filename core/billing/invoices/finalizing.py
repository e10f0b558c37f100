"""Drafts made final: numbered, dated, held still from then on; voided, given up, or deleted while still a draft."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy import bindparam as given

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.credit import Settled, use_credit
from core.billing.invoices.given_back import given_back_elsewhere
from core.billing.invoices.locks import lock_customers
from core.billing.invoices.numbering import take_numbers
from core.billing.invoices.profiles import profiles_of
from core.billing.invoices.sellers import Seller, all_sellers, seller_said
from core.billing.invoices.states import require_state
from core.errors import Conflict, InvalidInput, NotFound
from db.models.invoices import billed_item, invoice, invoice_line
from db.session import ReadSession, WriteSession

MOST_AT_ONCE: Final = 1_000


def finalize(
    session: WriteSession, actor: Actor, invoice_ids: Sequence[UUID], *, now: datetime, issued_on: date | None = None
) -> tuple[Settled, ...]:
    """Finalize drafts in the order given and return what their customers' credit settled of them.

    Numbers are taken last, in this transaction: call it once in one. An invoice of nothing is paid at once. Needs
    `invoice:finalize`; Conflict where one is no draft, has no line, or asks for less than nothing.
    """
    _may_finalize(actor)
    rows = locked(session, actor, invoice_ids)
    for row in rows:
        require_state(row.state, ("draft",), "finalized")
    day = issued_on or now.date()
    _check(session, rows)
    known = {one.id: one for one in all_sellers(session)}
    buyers = profiles_of(session, {row.organization_id for row in rows})
    numbers = _numbers(session, rows, known, day)
    changed = [
        {
            "row_id": row.id,
            "number": numbers[row.id],
            "issued_on": day,
            "due_on": day + timedelta(days=row.net_days),
            "seller_said": seller_said(known[row.seller_id]),
            "buyer_said": {"address": asdict(buyers[row.organization_id].address)},
            "state": "open" if row.total_minor else "paid",
            "paid_at": None if row.total_minor else now,
            "finalized_at": now,
        }
        for row in rows
    ]
    columns: dict[str, Any] = {name: given(name) for name in changed[0] if name != "row_id"}
    session.execute(update(invoice).where(invoice.c.id == given("row_id")).values(columns), changed)
    for row in rows:
        _record(session, actor, "invoice.finalized", row, now, after={"number": numbers[row.id], **_sum(row)})
    return tuple(use_credit(session, locked(session, actor, invoice_ids), now=now))


def void(session: WriteSession, actor: Actor, invoice_id: UUID, *, reason: str, now: datetime) -> None:
    """Void an open invoice of which nothing is settled: its number stays used, and what it billed is due again.

    Needs `invoice:finalize`; Conflict where something was paid or credited, which a credit note or refund mends,
    or where another invoice gives unused time of it back.
    """
    _may_finalize(actor)
    _require_reason(reason)
    [row] = locked(session, actor, [invoice_id])
    require_state(row.state, ("open", "uncollectible"), "voided")
    if row.paid_minor or row.credited_minor:
        raise Conflict(
            f"{row.number} is settled in part. Credit what is left of it instead of voiding it.", code="settled_in_part"
        )
    if given_back_elsewhere(session, invoice_id):
        raise Conflict(
            f"Unused time of {row.number} is given back on another invoice. Void or delete that one first.",
            code="given_back",
        )
    session.execute(update(invoice).where(invoice.c.id == invoice_id).values(state="void", ended_at=now))
    session.execute(delete(billed_item).where(billed_item.c.invoice_id == invoice_id))
    _record(session, actor, "invoice.voided", row, now, reason=reason.strip(), after={"number": row.number})


def mark_uncollectible(session: WriteSession, actor: Actor, invoice_id: UUID, *, reason: str, now: datetime) -> None:
    """Give up an open invoice: nobody is asked any more; a payment that comes after all still settles it."""
    _may_finalize(actor)
    _require_reason(reason)
    [row] = locked(session, actor, [invoice_id])
    require_state(row.state, ("open",), "given up")
    session.execute(update(invoice).where(invoice.c.id == invoice_id).values(state="uncollectible", ended_at=now))
    _record(session, actor, "invoice.uncollectible", row, now, reason=reason.strip(), after={"number": row.number})


def delete_draft(session: WriteSession, actor: Actor, invoice_id: UUID, *, now: datetime) -> None:
    """Delete a draft with its lines; what it billed is due again. Needs `invoice:create`."""
    actor.require_vendor()
    actor.require(Permission.INVOICE_CREATE)
    [row] = locked(session, actor, [invoice_id])
    require_state(row.state, ("draft",), "deleted")
    session.execute(delete(invoice).where(invoice.c.id == invoice_id))
    _record(session, actor, "invoice.draft_deleted", row, now, before=_sum(row))


def locked(session: WriteSession, actor: Actor, invoice_ids: Sequence[UUID]) -> list[Row[Any]]:
    """Return the rows of invoices in the order given, their customers locked; NotFound where one is not there."""
    actor.require_vendor()
    if not 0 < len(set(invoice_ids)) == len(invoice_ids) <= MOST_AT_ONCE:
        raise InvalidInput(f"Name from 1 to {MOST_AT_ONCE:,} invoices, each once.", field="invoiceId")
    whose = select(invoice.c.organization_id).where(invoice.c.id.in_(invoice_ids)).distinct()
    lock_customers(session, session.execute(whose).scalars().all())
    rows = {row.id: row for row in session.execute(select(invoice).where(invoice.c.id.in_(invoice_ids)))}
    if len(rows) < len(invoice_ids):
        raise NotFound("There is no such invoice.")
    return [rows[one] for one in invoice_ids]


def _check(session: ReadSession, rows: Sequence[Row[Any]]) -> None:
    filled = select(invoice_line.c.invoice_id).where(invoice_line.c.invoice_id.in_([row.id for row in rows]))
    with_lines = set(session.execute(filled.distinct()).scalars())
    for row in rows:
        if row.id not in with_lines:
            raise Conflict("This draft has no line. Add one, or delete it.", code="no_line")
        if row.total_minor < 0:
            raise Conflict("This draft asks for less than nothing. Issue a credit note instead.", code="negative")


def _numbers(session: WriteSession, rows: Sequence[Row[Any]], known: dict[UUID, Seller], day: date) -> dict[UUID, str]:
    of_seller: dict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        of_seller[row.seller_id].append(row.id)
    found: dict[UUID, str] = {}
    for seller_id, ids in sorted(of_seller.items()):
        numbers = take_numbers(session, seller_id, known[seller_id].prefix, "invoice", day, len(ids))
        found |= dict(zip(ids, numbers, strict=True))
    return found


def _may_finalize(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput("Say why; whoever reads the books later will ask.", field="reason")


def _sum(row: Row[Any]) -> dict[str, Any]:
    return {"totalMinor": row.total_minor, "currency": row.currency}


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    row: Row[Any],
    now: datetime,
    *,
    reason: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        actor,
        action,
        ("invoice", str(row.id)),
        now=now,
        organization_id=row.organization_id,
        reason=reason,
        before=before,
        after=after,
    )
