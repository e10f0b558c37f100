"""Invoices in the order in which they want a hand: late ones first, then open, then drafts, then what is over."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.reads import MOST, invoices_by_id
from core.billing.invoices.states import STATES, Invoice
from core.errors import InvalidInput
from core.money import Money
from db.models.invoices import invoice
from db.models.organizations import organization
from db.session import ReadSession

OVERDUE: Final = "overdue"
STANDINGS: Final = (OVERDUE, *STATES)
_FIRST_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; `standing` is a state or overdue, `month` the month billed or, else, issued in."""

    standing: str | None = None
    organization_id: UUID | None = None
    seller_id: UUID | None = None
    month: date | None = None
    text: str = ""


@dataclass(frozen=True)
class Listed:
    """A page of the list, and the cursor of the next."""

    invoices: tuple[Invoice, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Count:
    """How many invoices of a standing and currency the list holds, and what is left to pay of them."""

    standing: str
    count: int
    due: Money


def worklist(
    session: ReadSession,
    actor: Actor,
    wanted: Wanted | None = None,
    *,
    day: date,
    cursor: str | None = None,
    limit: int = 100,
) -> Listed:
    """Return invoices as of `day`: late ones by how long, open ones by the day they are due, others newest first.

    Needs `finance:read`; a customer's people see their own, and no draft. InvalidInput for a standing or a cursor that
    there is not.
    """
    limit = max(1, min(limit, MOST))
    rank, place = _rank(day), _place(day)
    statement = _narrowed(actor, wanted or Wanted(), day).add_columns(rank.label("rank"), place.label("place"))
    if cursor is not None:
        statement = statement.where(tuple_(rank, place, invoice.c.id) > tuple_(*_decoded(cursor)))
    rows = session.execute(statement.order_by(rank, place, invoice.c.id).limit(limit + 1)).all()
    shown = rows[:limit]
    found = invoices_by_id(session, actor, [row.id for row in shown])
    last = shown[-1] if len(rows) > limit else None
    return Listed(tuple(found[row.id] for row in shown), last and f"{last.rank}.{last.place}.{last.id}")


def counts(session: ReadSession, actor: Actor, wanted: Wanted | None = None, *, day: date) -> tuple[Count, ...]:
    """Return what the list holds by standing and currency; needs what the list needs."""
    shown = _narrowed(actor, wanted or Wanted(), day).add_columns(_standing(day).label("standing")).subquery()
    held = select(invoice, shown.c.standing).join(shown, shown.c.id == invoice.c.id).subquery()
    due = func.sum(held.c.total_minor - held.c.paid_minor - held.c.credited_minor)
    statement = select(held.c.standing, held.c.currency, func.count(), due).group_by(held.c.standing, held.c.currency)
    return tuple(
        Count(standing, number, Money(0 if standing == "void" else int(left), currency))
        for standing, currency, number, left in map(tuple, session.execute(statement))
    )


def _narrowed(actor: Actor, wanted: Wanted, day: date) -> Select[Any]:
    actor.require(Permission.FINANCE_READ)
    statement = (
        select(invoice.c.id)
        .join(organization, organization.c.id == invoice.c.organization_id)
        .where(*_conditions(wanted, day))
    )
    if actor.realm == "vendor":
        return statement
    return statement.where(invoice.c.organization_id == actor.organization_id, invoice.c.state != "draft")


def _conditions(wanted: Wanted, day: date) -> list[ColumnElement[bool]]:
    c = invoice.c
    if wanted.standing is not None and wanted.standing not in STANDINGS:
        raise InvalidInput(f"There is no state “{wanted.standing[:40]}”. Use one of {', '.join(STANDINGS)}.")
    conditions: list[ColumnElement[bool]] = []
    if wanted.standing is not None:
        conditions.append(_standing(day) == wanted.standing)
    if wanted.organization_id is not None:
        conditions.append(c.organization_id == wanted.organization_id)
    if wanted.seller_id is not None:
        conditions.append(c.seller_id == wanted.seller_id)
    if wanted.month is not None:
        of = func.coalesce(c.month, func.date_trunc("month", func.coalesce(c.issued_on, func.date(c.created_at))))
        conditions.append(func.date(of) == wanted.month)
    if wanted.text:
        named = organization.c.name.icontains(wanted.text, autoescape=True)
        conditions.append(named | c.number.icontains(wanted.text, autoescape=True))
    return conditions


def _late(day: date) -> ColumnElement[bool]:
    c = invoice.c
    return (c.state == "open") & (c.due_on < day) & (c.total_minor > c.paid_minor + c.credited_minor)


def _standing(day: date) -> ColumnElement[str]:
    return case((_late(day), OVERDUE), else_=invoice.c.state)


def _rank(day: date) -> ColumnElement[int]:
    return case((_late(day), 0), (invoice.c.state == "open", 1), (invoice.c.state == "draft", 2), else_=3)


def _place(day: date) -> ColumnElement[int]:
    """A number that grows down the list within a rank: of what is owed the day due, else the age."""
    c = invoice.c
    made = func.coalesce(c.issued_on, func.date(c.created_at))
    return case((c.state == "open", c.due_on - _FIRST_DAY), else_=_FIRST_DAY - made)


def _decoded(cursor: str) -> tuple[int, int, UUID]:
    try:
        rank, place, key = cursor.split(".")
        return int(rank), int(place), UUID(key)
    except ValueError as wrong:
        raise InvalidInput("This cursor belongs to another list. Start again without it.", field="cursor") from wrong
