"""Invoices as they are read: a list narrowed and paged, one with its lines, credit notes and payments."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.states import STATES, Invoice, InvoiceLine, InvoiceTax
from core.errors import InvalidInput, NotFound
from core.money import Money
from db.models.invoices import invoice, invoice_line, invoice_tax
from db.models.organizations import organization
from db.session import ReadSession

MOST: Final = 500
Place = tuple[datetime, UUID]
# What became of an invoice, in the order in which it is asked for most.
_AMOUNTS: Final = ("net", "discount", "tax", "total", "paid", "credited")


@dataclass(frozen=True)
class InvoiceFilter:
    """What a list is narrowed to; `since` and `until` are days of issue, of a draft the day it was made.

    `overdue` are open ones due before that day.
    """

    state: str | None = None
    organization_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    overdue: date | None = None
    run_ids: tuple[UUID, ...] | None = None
    text: str = ""


@dataclass(frozen=True)
class InvoicePage:
    """Some invoices, the newest first, and where the next page begins."""

    invoices: tuple[Invoice, ...]
    next: Place | None


@dataclass(frozen=True)
class InvoiceSums:
    """How many invoices of a state and currency there are, and what they come to."""

    state: str
    count: int
    total: Money
    due: Money


def list_invoices(
    session: ReadSession,
    actor: Actor,
    wanted: InvoiceFilter | None = None,
    *,
    after: Place | None = None,
    limit: int = 50,
) -> InvoicePage:
    """Return invoices, the newest first; needs `finance:read`. A customer's people see their own, and no draft."""
    limit = max(1, min(limit, MOST))
    statement = _narrowed(_seen(actor), wanted or InvoiceFilter())
    if after is not None:
        statement = statement.where(tuple_(invoice.c.created_at, invoice.c.id) < tuple_(*after))
    newest = (invoice.c.created_at.desc(), invoice.c.id.desc())
    rows = session.execute(statement.order_by(*newest).limit(limit + 1)).all()
    shown = tuple(_invoice(row) for row in rows[:limit])
    return InvoicePage(shown, (shown[-1].created_at, shown[-1].id) if len(rows) > limit else None)


def invoice_by_id(session: ReadSession, actor: Actor, invoice_id: UUID) -> Invoice:
    """Return one, or raise NotFound where there is none that the actor may see."""
    row = session.execute(_seen(actor).where(invoice.c.id == invoice_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such invoice, or you may not see it.")
    return _invoice(row)


def invoices_by_id(session: ReadSession, actor: Actor, invoice_ids: Collection[UUID]) -> dict[UUID, Invoice]:
    """Return those of these invoices that there are, by id."""
    rows = session.execute(_seen(actor).where(invoice.c.id.in_(invoice_ids)))
    return {row.id: _invoice(row) for row in rows}


def lines_of(session: ReadSession, actor: Actor, invoice_id: UUID) -> tuple[InvoiceLine, ...]:
    """Return the lines of an invoice that the actor may see, in their order."""
    of = invoice_by_id(session, actor, invoice_id)
    c = invoice_line.c
    rows = session.execute(select(invoice_line).where(c.invoice_id == invoice_id).order_by(c.position))
    return tuple(line_of(row, of.total.currency) for row in rows)


def taxes_of(session: ReadSession, actor: Actor, invoice_id: UUID) -> tuple[InvoiceTax, ...]:
    """Return the taxes of an invoice that the actor may see, the highest rate first."""
    currency = invoice_by_id(session, actor, invoice_id).total.currency
    c = invoice_tax.c
    rows = session.execute(select(invoice_tax).where(c.invoice_id == invoice_id).order_by(c.rate.desc(), c.category))
    return tuple(
        InvoiceTax(row.category, row.rate, Money(row.base_minor, currency), Money(row.tax_minor, currency), row.note)
        for row in rows
    )


def invoice_sums(session: ReadSession, actor: Actor, wanted: InvoiceFilter | None = None) -> tuple[InvoiceSums, ...]:
    """Return counts and sums by state and currency of what a list under the same filter shows."""
    shown = _narrowed(_seen(actor), wanted or InvoiceFilter()).subquery()
    due = func.sum(shown.c.total_minor - shown.c.paid_minor - shown.c.credited_minor)
    statement = select(
        shown.c.state, shown.c.currency, func.count().label("count"), func.sum(shown.c.total_minor), due
    ).group_by(shown.c.state, shown.c.currency)
    return tuple(
        InvoiceSums(state, count, Money(int(total), currency), Money(0 if state == "void" else int(left), currency))
        for state, currency, count, total, left in map(tuple, session.execute(statement.order_by("state", "currency")))
    )


def _seen(actor: Actor) -> Select[Any]:
    actor.require(Permission.FINANCE_READ)
    joined = organization.c.id == invoice.c.organization_id
    statement = select(invoice, organization.c.name.label("customer")).join(organization, joined)
    if actor.realm == "vendor":
        return statement
    return statement.where(invoice.c.organization_id == actor.organization_id, invoice.c.state != "draft")


def _narrowed(statement: Select[Any], wanted: InvoiceFilter) -> Select[Any]:
    c = invoice.c
    if wanted.state is not None and wanted.state not in STATES:
        raise InvalidInput(f"There is no state “{wanted.state[:40]}”. Use one of {', '.join(STATES)}.", field="state")
    day = func.coalesce(c.issued_on, func.date(func.timezone("UTC", c.created_at)))
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(c.state == wanted.state)
    if wanted.organization_id is not None:
        conditions.append(c.organization_id == wanted.organization_id)
    if wanted.since is not None:
        conditions.append(day >= wanted.since)
    if wanted.until is not None:
        conditions.append(day <= wanted.until)
    if wanted.overdue is not None:
        conditions += [c.state == "open", c.due_on < wanted.overdue]
    if wanted.run_ids is not None:
        conditions.append(c.id.in_(wanted.run_ids))
    if wanted.text:
        named = organization.c.name.icontains(wanted.text, autoescape=True)
        conditions.append(named | c.number.icontains(wanted.text, autoescape=True))
    return statement.where(*conditions)


def _invoice(row: Row[Any]) -> Invoice:
    amounts: dict[str, Any] = {name: Money(row._mapping[f"{name}_minor"], row.currency) for name in _AMOUNTS}
    same: dict[str, Any] = {name: row._mapping[name] for name in Invoice.__dataclass_fields__ if name not in amounts}
    return Invoice(**same, **amounts)


def line_of(row: Row[Any], currency: str) -> InvoiceLine:
    """Return a row of the table of lines as what it is."""
    amounts: dict[str, Any] = {
        name: Money(row._mapping[f"{name}_minor"], currency) for name in ("net", "discount", "tax")
    }
    same: dict[str, Any] = {
        name: row._mapping[name] for name in InvoiceLine.__dataclass_fields__ if name not in amounts
    }
    return InvoiceLine(**same, **amounts)
