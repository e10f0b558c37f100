"""Payments given back, in whole or in part: first what is credit, then what had settled an invoice."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select

from core.access import audit
from core.access.actor import Actor
from core.billing.invoices.credit import add_credit, balances, settle
from core.billing.invoices.finalizing import locked
from core.billing.invoices.locks import lock_customers
from core.billing.invoices.payment_reads import Payment, payments_by_id
from core.billing.invoices.payments import NewPayment, insert_payment, may_process, payment_named
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.money import Money
from db.models.invoices import payment, payment_allocation
from db.session import ReadSession, WriteSession


def refund(
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
    """Give a payment back and return the refund; without an amount all that is left of it. Needs `payment:process`.

    The customer's credit is used up first; then invoices that the payment settled are open again. Conflict where more
    is given back than is left.
    """
    may_process(actor)
    if not reason.strip():
        raise InvalidInput("Say why it is given back; whoever reads the books later will ask.", field="reason")
    of = _locked(session, actor, payment_id)
    given = NewPayment(UUID(int=0), of.method, amount, refunded_on, external_id, reason, source)
    before = payment_named(session, given)
    if before is not None:
        return _same(session, before, payment_id, amount)
    back = _amount(session, of, amount)
    if not of.received_on <= refunded_on <= now.date():
        raise InvalidInput(f"Give the day it went back: from {of.received_on} to {now.date()}.", field="refundedOn")
    made = new_id()
    insert_payment(session, made, of.organization_id, given, -back, now, refunds=payment_id)
    held = balances(session, [of.organization_id]).get((of.organization_id, of.currency), 0)
    free = max(min(held, back.minor), 0)
    if free:
        add_credit(session, of.organization_id, "refund", Money(-free, of.currency), now=now, payment_id=made)
    _unsettle(session, actor, payment_id, made, back.minor - free, now)
    audit.record(
        session,
        actor,
        "payment.refunded",
        ("payment", str(payment_id)),
        now=now,
        organization_id=of.organization_id,
        reason=reason.strip(),
        after={"amountMinor": back.minor, "currency": back.currency},
    )
    return payments_by_id(session, [made])[made]


def _same(session: ReadSession, before: Row[Any], payment_id: UUID, amount: Money | None) -> Payment:
    found = payments_by_id(session, [before.id])[before.id]
    if found.refunds != payment_id or amount not in (None, -found.amount):
        raise Conflict(
            f"“{before.external_id}” was recorded before, as something else. Use the external id of this refund.",
            code="recorded_otherwise",
        )
    return replace(found, new=False)


def _locked(session: WriteSession, actor: Actor, payment_id: UUID) -> Row[Any]:
    statement = select(payment).where(payment.c.id == payment_id)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("There is no such payment.")
    if row.refunds_id is not None:
        raise Conflict("This is itself a refund.", code="is_refund")
    lock_customers(session, [row.organization_id])
    return row


def _amount(session: ReadSession, of: Row[Any], asked: Money | None) -> Money:
    given_back = select(func.coalesce(func.sum(payment.c.amount_minor), 0)).where(payment.c.refunds_id == of.id)
    left = Money(of.amount_minor + int(session.execute(given_back).scalar_one()), of.currency)
    back = left if asked is None else asked
    if back.currency != of.currency or not 0 < back.minor <= left.minor:
        raise Conflict(f"{left} of this payment is left to give back.", code="refund_too_large")
    return back


def _unsettle(
    session: WriteSession, actor: Actor, payment_id: UUID, refund_id: UUID, amount: int, now: datetime
) -> None:
    a = payment_allocation.c
    mine = or_(
        a.payment_id == payment_id, a.payment_id.in_(select(payment.c.id).where(payment.c.refunds_id == payment_id))
    )
    settled = select(a.invoice_id, func.sum(a.amount_minor).label("minor")).where(mine).group_by(a.invoice_id)
    for row in session.execute(settled.order_by(a.invoice_id)).all():
        part = min(int(row.minor), amount)
        if part > 0:
            [of] = locked(session, actor, [row.invoice_id])
            settle(session, of, -part, now=now, payment_id=refund_id)
            amount -= part
    if amount:
        raise Conflict("This payment was used by a later invoice. Give that one back first.", code="credit_used")
