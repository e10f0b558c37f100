"""Payments as they are read: what came in, what it settled, and what of it is credit."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, func, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.money import Money
from db.models.invoices import payment, payment_allocation
from db.session import ReadSession

Method = Literal["wire", "manual", "stripe"]


@dataclass(frozen=True)
class Payment:
    """A payment as it stands; `credited` is the part that no invoice took. A refund is negative.

    `new` is False where it had been recorded before, under the same external id.
    """

    id: UUID
    organization_id: UUID
    invoice_id: UUID | None
    method: Method
    amount: Money
    received_on: date
    applied: Money
    credited: Money
    external_id: str
    note: str
    refunds: UUID | None
    recorded_at: datetime
    new: bool = True


def list_payments(
    session: ReadSession,
    actor: Actor,
    *,
    organization_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> tuple[Payment, ...]:
    """Return payments and refunds by the day they came, the newest first; needs `finance:read`.

    A customer's people see their own. The last one's day and id are `after` of the next page.
    """
    actor.require(Permission.FINANCE_READ)
    c = payment.c
    statement = select(c.id).order_by(c.received_on.desc(), c.id.desc()).limit(limit)
    if actor.realm != "vendor":
        statement = statement.where(c.organization_id == actor.organization_id)
    if organization_id is not None:
        statement = statement.where(c.organization_id == organization_id)
    if since is not None:
        statement = statement.where(c.received_on >= since)
    if until is not None:
        statement = statement.where(c.received_on <= until)
    if after is not None:
        statement = statement.where(tuple_(c.received_on, c.id) < tuple_(*after))
    ids = list(session.execute(statement).scalars())
    found = payments_by_id(session, ids)
    return tuple(found[one] for one in ids)


def payments_of(session: ReadSession, actor: Actor, invoice_id: UUID) -> tuple[Payment, ...]:
    """Return the payments and refunds that settle an invoice, the oldest first; needs `finance:read`."""
    actor.require(Permission.FINANCE_READ)
    a = payment_allocation.c
    ids = select(a.payment_id).where(a.invoice_id == invoice_id, a.payment_id.is_not(None))
    if actor.realm != "vendor":
        ids = ids.where(a.organization_id == actor.organization_id)
    found = payments_by_id(session, list(session.execute(ids.distinct()).scalars()))
    return tuple(sorted(found.values(), key=lambda one: (one.recorded_at, one.id)))


def payments_by_id(session: ReadSession, payment_ids: list[UUID]) -> dict[UUID, Payment]:
    """Return payments by id, for callers that have asked for a permission."""
    a = payment_allocation.c
    settled = (
        select(a.payment_id, func.sum(a.amount_minor).label("applied"), func.array_agg(a.invoice_id).label("invoices"))
        .where(a.payment_id.in_(payment_ids))
        .group_by(a.payment_id)
        .subquery()
    )
    statement = (
        select(payment, settled.c.applied, settled.c.invoices)
        .outerjoin(settled, settled.c.payment_id == payment.c.id)
        .where(payment.c.id.in_(payment_ids))
    )
    return {row.id: _payment(row) for row in session.execute(statement)}


def _payment(row: Row[Any]) -> Payment:
    applied = Money(int(row.applied or 0), row.currency)
    amount = Money(row.amount_minor, row.currency)
    return Payment(
        row.id,
        row.organization_id,
        row.invoices[0] if row.invoices else None,
        row.method,
        amount,
        row.received_on,
        applied,
        amount - applied,
        row.external_id,
        row.note or "",
        row.refunds_id,
        row.recorded_at,
    )
