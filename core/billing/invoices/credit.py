"""What customers have to their credit, and the settling of invoices by payments and by that credit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from core.access.actor import Actor
from core.access.permissions import Permission
from core.ids import new_id
from core.money import Money
from db.models.invoices import customer_credit, invoice, payment_allocation
from db.session import ReadSession, WriteSession

CreditKind = Literal["overpayment", "credit_note", "used", "given_back", "refund"]
Balances = Mapping[tuple[UUID, str], int]


@dataclass(frozen=True)
class Settled:
    """What an invoice has after something was settled; `paid` where nothing is left to pay."""

    invoice_id: UUID
    amount: Money
    paid: bool


def credit_of(session: ReadSession, actor: Actor, organization_id: UUID) -> tuple[Money, ...]:
    """Return what a customer has to its credit, an amount a currency; needs `finance:read`."""
    actor.require(Permission.FINANCE_READ)
    actor.require_sight_of(organization_id)
    found = balances(session, [organization_id])
    return tuple(Money(minor, currency) for (_, currency), minor in sorted(found.items()) if minor)


def balances(session: ReadSession, organization_ids: Collection[UUID]) -> Balances:
    """Return credits in minor units by customer and currency."""
    c = customer_credit.c
    statement = (
        select(c.organization_id, c.currency, func.sum(c.amount_minor).label("minor"))
        .where(c.organization_id.in_(organization_ids))
        .group_by(c.organization_id, c.currency)
    )
    return {(row.organization_id, row.currency): int(row.minor) for row in session.execute(statement)}


def add_credit(
    session: WriteSession,
    organization_id: UUID,
    kind: CreditKind,
    amount: Money,
    *,
    now: datetime,
    payment_id: UUID | None = None,
    credit_note_id: UUID | None = None,
    invoice_id: UUID | None = None,
) -> UUID:
    """Write a row of the credit ledger and return its id; what is taken from it is negative."""
    made = new_id()
    row: dict[str, Any] = {"id": made, "organization_id": organization_id, "kind": kind}
    row |= {
        "currency": amount.currency,
        "at": now,
        "payment_id": payment_id,
        "credit_note_id": credit_note_id,
        "invoice_id": invoice_id,
    }
    session.execute(insert(customer_credit).values(row | {"amount_minor": amount.minor}))
    return made


def settle(
    session: WriteSession,
    of: Row[Any],
    amount: int,
    *,
    now: datetime,
    payment_id: UUID | None = None,
    credit_id: UUID | None = None,
) -> Settled:
    """Settle part of an invoice (a row of the table, locked), or take back what is negative, and move its state."""
    row: dict[str, Any] = {"id": new_id(), "organization_id": of.organization_id, "invoice_id": of.id}
    row["amount_minor"] = amount
    row |= {"payment_id": payment_id, "credit_id": credit_id, "allocated_at": now}
    session.execute(insert(payment_allocation).values(row))
    paid_minor = of.paid_minor + amount
    values = {"paid_minor": paid_minor, **moved(of, of.total_minor - paid_minor - of.credited_minor, now)}
    session.execute(update(invoice).where(invoice.c.id == of.id).values(values))
    return Settled(of.id, Money(amount, of.currency), values.get("state") == "paid")


def moved(of: Row[Any], due: int, now: datetime) -> dict[str, Any]:
    """Return the columns of an invoice's state after what is due has changed: paid at zero, open again above it."""
    if due == 0 and of.state != "paid":
        return {"state": "paid", "paid_at": now}
    if due > 0 and of.state == "paid":
        return {"state": "open", "paid_at": None}
    return {}


def use_credit(session: WriteSession, rows: Sequence[Row[Any]], *, now: datetime) -> list[Settled]:
    """Settle invoices that were just finalized from what their customers have to their credit, the earlier first."""
    left = dict(balances(session, {row.organization_id for row in rows}))
    found = []
    for row in rows:
        key = (row.organization_id, row.currency)
        amount = min(left.get(key, 0), row.total_minor - row.paid_minor - row.credited_minor)
        if amount <= 0:
            continue
        left[key] -= amount
        used = Money(-amount, row.currency)
        credit_id = add_credit(session, row.organization_id, "used", used, now=now, invoice_id=row.id)
        found.append(settle(session, row, amount, now=now, credit_id=credit_id))
    return found
