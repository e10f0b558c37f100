"""Payments by wire, by hand or through Stripe: in whole, in part, or too much."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.credit import add_credit, settle
from core.billing.invoices.finalizing import locked
from core.billing.invoices.payment_reads import Method, Payment, payments_by_id
from core.billing.invoices.states import OWED, require_state
from core.errors import Conflict, InvalidInput
from core.ids import new_id
from core.money import Money
from db.models.invoices import payment
from db.session import ReadSession, WriteSession

EARLIEST: Final = date(2000, 1, 1)
LARGEST: Final = 10**15


@dataclass(frozen=True)
class NewPayment:
    """Money for an invoice; `external_id` is the bank's or Stripe's name of it: sent again it is the same payment."""

    invoice_id: UUID
    method: Method
    amount: Money | None
    received_on: date
    external_id: str | None = None
    note: str = ""
    source: str = "calos"


def record_payment(session: WriteSession, actor: Actor, given: NewPayment, *, now: datetime) -> Payment:
    """Record money for an invoice and settle it; what is more than was due is the customer's credit.

    Without an amount it is what is due. Needs `payment:process`. Conflict for an invoice that is no longer owed, or an
    external id that was recorded with another amount.
    """
    may_process(actor)
    [row] = locked(session, actor, [given.invoice_id])
    before = payment_named(session, given)
    if before is not None:
        return _same(session, before, given, row)
    require_state(row.state, OWED if given.amount is None else (*OWED, "paid"), "paid")
    due = row.total_minor - row.paid_minor - row.credited_minor
    amount = Money(due, row.currency) if given.amount is None else given.amount
    _check(given, amount, row, now)
    made = new_id()
    insert_payment(session, made, row.organization_id, given, amount, now)
    applied = min(due, amount.minor)
    if applied:
        settle(session, row, applied, now=now, payment_id=made)
    over = Money(amount.minor - applied, row.currency)
    if over:
        add_credit(session, row.organization_id, "overpayment", over, now=now, payment_id=made)
    audit.record(
        session,
        actor,
        "payment.recorded",
        ("payment", str(made)),
        now=now,
        organization_id=row.organization_id,
        after={"number": row.number, "method": given.method, "amountMinor": amount.minor, "currency": row.currency},
    )
    return payments_by_id(session, [made])[made]


def may_process(actor: Actor) -> None:
    """Raise NotPermitted unless the actor is of the vendor and may record payments."""
    actor.require_vendor()
    actor.require(Permission.PAYMENT_PROCESS)


def payment_named(session: ReadSession, given: NewPayment) -> Row[Any] | None:
    """Return the row of a payment or refund recorded before under the same external id."""
    if given.external_id is None:
        return None
    c = payment.c
    named = select(payment).where(c.source == given.source, c.external_id == given.external_id)
    return session.execute(named).one_or_none()


def insert_payment(
    session: WriteSession,
    made: UUID,
    organization_id: UUID,
    given: NewPayment,
    amount: Money,
    now: datetime,
    *,
    refunds: UUID | None = None,
) -> None:
    """Insert the row of a payment or refund."""
    row: dict[str, Any] = {
        "id": made,
        "organization_id": organization_id,
        "method": given.method,
        "amount_minor": amount.minor,
    }
    row |= {"currency": amount.currency, "received_on": given.received_on, "note": given.note.strip() or None}
    row |= {"source": given.source, "external_id": given.external_id or str(made), "refunds_id": refunds}
    new = insert(payment).values(row | {"recorded_at": now}).on_conflict_do_nothing()
    if session.execute(new.returning(payment.c.id)).one_or_none() is None:
        # Who has the same customer has waited; so it was another customer's, at the same moment.
        raise Conflict(
            f"“{given.external_id}” was recorded just now for another customer. Use the external id of this payment.",
            code="recorded_otherwise",
        )


def _same(session: ReadSession, before: Row[Any], given: NewPayment, row: Row[Any]) -> Payment:
    found = payments_by_id(session, [before.id])[before.id]
    amount = found.amount if given.amount is None else given.amount
    said = (row.organization_id, found.invoice_id and row.id, amount, given.method)
    if found.refunds is not None or said != (found.organization_id, found.invoice_id, found.amount, found.method):
        raise Conflict(
            f"“{given.external_id}” was recorded before, as {found.amount} by {found.method}. Payments are never "
            "edited: give that one back, or use the external id of this one.",
            code="recorded_otherwise",
        )
    return replace(found, new=False)


def _check(given: NewPayment, amount: Money, row: Row[Any], now: datetime) -> None:
    if amount.currency != row.currency:
        raise InvalidInput(f"This invoice is in {row.currency}. Give the amount in it.", field="amount")
    if not 0 < amount.minor <= LARGEST:
        raise InvalidInput("Give an amount above zero, of at most 15 digits.", field="amount")
    if not EARLIEST <= given.received_on <= now.date():
        raise InvalidInput(f"Give the day it came: from {EARLIEST} to {now.date()}.", field="receivedOn")
