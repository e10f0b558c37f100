"""What invoices have to do with the rest of the house: cash that comes in, news, the customer's card."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.announce.writes import announce
from core.billing.invoices import finalizing
from core.billing.invoices.credit_notes import CreditNote, issue_credit_note
from core.billing.invoices.payment_reads import Payment
from core.billing.invoices.payments import NewPayment, record_payment
from core.billing.invoices.reads import invoice_by_id, invoices_by_id
from core.billing.invoices.refunds import refund
from core.billing.invoices.states import Invoice
from core.finance.booking import book_cash
from core.finance.entries import NewCash
from core.money import Money
from core.organizations.marks import mark_card, mark_cards
from db.session import WriteSession

SOURCE: Final = "payments"


def take_payment(session: WriteSession, actor: Actor, given: NewPayment, *, now: datetime) -> Payment:
    """Record a payment, book it as cash and tell of it, in one transaction; sent again it is the same payment."""
    made = record_payment(session, actor, given, now=now)
    if made.new:
        of = invoice_by_id(session, actor, given.invoice_id)
        _book(session, actor, made, f"Payment of {of.number} by {of.customer}", now)
        done = "paid" if of.state == "paid" else "paid in part"
        _tell(session, of, "payment.recorded", f"{of.number} of {of.customer} is {done}", now)
    return made


def give_back(
    session: WriteSession,
    actor: Actor,
    payment_id: UUID,
    *,
    amount: Money | None,
    refunded_on: date,
    reason: str,
    now: datetime,
    external_id: str | None = None,
    source: str = "calos",
) -> Payment:
    """Refund a payment and book the cash that went out, in one transaction."""
    made = refund(
        session,
        actor,
        payment_id,
        amount=amount,
        refunded_on=refunded_on,
        reason=reason,
        now=now,
        external_id=external_id,
        source=source,
    )
    if made.new:
        _book(session, actor, made, f"Refund: {reason.strip()}"[:500], now)
        mark_card(session, made.organization_id, now)
    return made


def finalize_invoices(
    session: WriteSession, actor: Actor, invoice_ids: Sequence[UUID], *, now: datetime
) -> tuple[Invoice, ...]:
    """Finalize drafts, tell of them, and return them as they stand, in the order given."""
    finalizing.finalize(session, actor, invoice_ids, now=now)
    found = invoices_by_id(session, actor, invoice_ids)
    for one in found.values():
        _tell(session, one, "invoice.finalized", f"{one.number} issued to {one.customer}", now, mark=False)
    mark_cards(session, {one.organization_id for one in found.values()}, now)
    return tuple(found[one] for one in invoice_ids)


def void_invoice(session: WriteSession, actor: Actor, invoice_id: UUID, *, reason: str, now: datetime) -> Invoice:
    """Void an invoice, tell of it, and return it."""
    finalizing.void(session, actor, invoice_id, reason=reason, now=now)
    of = invoice_by_id(session, actor, invoice_id)
    _tell(session, of, "invoice.voided", f"{of.number} of {of.customer} voided", now)
    return of


def give_up(session: WriteSession, actor: Actor, invoice_id: UUID, *, reason: str, now: datetime) -> Invoice:
    """Mark an invoice uncollectible, tell of it, and return it."""
    finalizing.mark_uncollectible(session, actor, invoice_id, reason=reason, now=now)
    of = invoice_by_id(session, actor, invoice_id)
    _tell(session, of, "invoice.uncollectible", f"{of.number} of {of.customer} given up", now)
    return of


def credit_invoice(
    session: WriteSession,
    actor: Actor,
    invoice_id: UUID,
    *,
    reason: str,
    now: datetime,
    lines: dict[UUID, Money | None] | None = None,
) -> CreditNote:
    """Issue a credit note, tell of it, and return it."""
    made = issue_credit_note(session, actor, invoice_id, reason=reason, now=now, lines=lines)
    of = invoice_by_id(session, actor, invoice_id)
    _tell(session, of, "credit_note.issued", f"{of.customer} credited on {of.number}", now)
    return made


def _book(session: WriteSession, actor: Actor, made: Payment, note: str, now: datetime) -> None:
    # Whoever may record a payment thereby says that cash came in; the permission is the payment's, not the ledger's.
    booker = replace(actor, permissions=actor.permissions | {Permission.FINANCE_MANAGE_COSTS})
    entry = NewCash(made.received_on, "receipts", made.amount, note[:500], str(made.id))
    book_cash(session, booker, [entry], now=now, source=SOURCE)


def _tell(session: WriteSession, of: Invoice, kind: str, title: str, now: datetime, *, mark: bool = True) -> None:
    # Without amounts: everybody of the vendor hears of it, whether they may see money or not.
    news: dict[str, Any] = {"kind": kind, "title": title, "invoiceId": str(of.id), "customerName": of.customer}
    announce(session, of.organization_id, "activity:new", news, now=now)
    if mark:
        mark_card(session, of.organization_id, now)
