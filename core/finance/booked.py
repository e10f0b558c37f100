"""Cost and cash entries as they stand in the books, newest first, each with what became of it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Table, select, tuple_

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import NotFound
from core.money import Money
from db.models.costs import cash_entry, cost_entry
from db.models.organizations import organization
from db.session import ReadSession

MOST = 500


@dataclass(frozen=True)
class Booked:
    """What cost and cash entries have in common; `reversed_by` is the entry that takes it back."""

    id: UUID
    booked_on: date
    amount: Money
    note: str
    source: str
    external_id: str
    recorded_at: datetime
    reverses: UUID | None
    reversed_by: UUID | None


@dataclass(frozen=True)
class BookedCost(Booked):
    """A cost; customer and product are None where it is nobody's in particular."""

    kind: str
    organization_id: UUID | None
    customer: str | None
    product_id: str | None


@dataclass(frozen=True)
class BookedCash(Booked):
    """Money that came in (positive) or went out (negative)."""

    category: str


def booked_costs(
    session: ReadSession, actor: Actor, *, as_of: datetime, before: UUID | None = None, limit: int = 100
) -> tuple[BookedCost, ...]:
    """Return cost entries of days until `as_of`, newest first, from the one after `before` on; needs `finance:read`."""
    _may_see(actor)
    customer = select(organization.c.name).where(organization.c.id == cost_entry.c.organization_id).scalar_subquery()
    statement = _statement(cost_entry, as_of, before, limit).add_columns(customer.label("customer"))
    return tuple(
        BookedCost(
            **_common(row),
            kind=row.kind,
            organization_id=row.organization_id,
            customer=row.customer,
            product_id=row.product_id,
        )
        for row in session.execute(statement)
    )


def booked_cash(
    session: ReadSession, actor: Actor, *, as_of: datetime, before: UUID | None = None, limit: int = 100
) -> tuple[BookedCash, ...]:
    """Return cash entries of days until `as_of`, newest first, from the one after `before` on; needs `finance:read`."""
    _may_see(actor)
    statement = _statement(cash_entry, as_of, before, limit)
    return tuple(BookedCash(**_common(row), category=row.category) for row in session.execute(statement))


def cost_named(session: ReadSession, actor: Actor, source: str, external_id: str) -> UUID:
    """Return the id of the cost entry that a source calls so, or raise NotFound; for who may take it back."""
    return _named(session, actor, cost_entry, source, external_id)


def cash_named(session: ReadSession, actor: Actor, source: str, external_id: str) -> UUID:
    """Return the id of the cash entry that a source calls so, or raise NotFound; for who may take it back."""
    return _named(session, actor, cash_entry, source, external_id)


def _named(session: ReadSession, actor: Actor, table: Table, source: str, external_id: str) -> UUID:
    _may_see(actor)
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    wanted = select(table.c.id).where(table.c.source == source, table.c.external_id == external_id)
    found: UUID | None = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise NotFound(f"No entry of {source[:60]} is called “{external_id[:200]}”.")
    return found


def _may_see(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)


def _statement(table: Table, as_of: datetime, before: UUID | None, limit: int) -> Select[Any]:
    reversal = table.alias("reversal")
    order = tuple_(table.c.booked_on, table.c.id)
    wanted: list[ColumnElement[bool]] = [table.c.booked_on <= as_of.date()]
    if before is not None:
        edge = table.alias("edge")
        wanted.append(order < select(edge.c.booked_on, edge.c.id).where(edge.c.id == before).scalar_subquery())
    return (
        select(table, reversal.c.id.label("reversed_by"))
        .select_from(table.outerjoin(reversal, reversal.c.reverses_id == table.c.id))
        .where(*wanted)
        .order_by(table.c.booked_on.desc(), table.c.id.desc())
        .limit(min(limit, MOST))
    )


def _common(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "booked_on": row.booked_on,
        "amount": Money(row.amount_minor, row.currency),
        "note": row.note or "",
        "source": row.source,
        "external_id": row.external_id,
        "recorded_at": row.recorded_at,
        "reverses": row.reverses_id,
        "reversed_by": row.reversed_by,
    }
