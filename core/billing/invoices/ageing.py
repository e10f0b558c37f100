"""What is owed and for how long: by customer and currency, in the five columns that books are read in."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, case, func, or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.money import Money
from db.models.invoices import invoice, payment_allocation, payment_failure
from db.models.organizations import organization
from db.session import ReadSession

# Days after it was due at which a column ends; what is not due yet is current.
BUCKETS: Final = ("current", "1-30", "31-60", "61-90", "90+")
_ENDS: Final = (0, 30, 60, 90)
# A payment that failed is forgotten once one came later, or after so long.
_FAILED_FOR: Final = timedelta(days=90)


@dataclass(frozen=True)
class Aged:
    """What one customer owes in one currency, in the order of BUCKETS; `oldest` is the earliest day one was due."""

    organization_id: UUID
    customer: str
    amounts: tuple[Money, ...]
    invoices: int
    oldest: date

    @property
    def total(self) -> Money:
        """All that is owed."""
        return sum(self.amounts[1:], start=self.amounts[0])


@dataclass(frozen=True)
class PaymentStanding:
    """How a customer pays: days since the oldest open invoice was due, 0 where none is late; did a payment fail."""

    days_late: int
    payment_failed: bool


def bucket_of(days_late: int) -> int:
    """Return which of BUCKETS a number of days after the due day lies in."""
    return sum(days_late > end for end in _ENDS)


def ageing(session: ReadSession, actor: Actor, *, day: date, organization_id: UUID | None = None) -> tuple[Aged, ...]:
    """Return what open invoices leave to pay as of today's books, aged at `day`, those who owe most first.

    Needs `finance:read`; a customer's people see their own.
    """
    actor.require(Permission.FINANCE_READ)
    c = invoice.c
    statement = (
        select(
            c.organization_id,
            organization.c.name,
            c.currency,
            c.due_on,
            func.sum(c.total_minor - c.paid_minor - c.credited_minor).label("due"),
            func.count().label("invoices"),
        )
        .join(organization, organization.c.id == c.organization_id)
        .where(c.state == "open", c.issued_on <= day)
        .group_by(c.organization_id, organization.c.name, c.currency, c.due_on)
    )
    if actor.realm != "vendor":
        statement = statement.where(c.organization_id == actor.organization_id)
    if organization_id is not None:
        statement = statement.where(c.organization_id == organization_id)
    groups: dict[tuple[UUID, str], list[Row[Any]]] = defaultdict(list)
    for row in session.execute(statement):
        groups[row.organization_id, row.currency].append(row)
    found = [_aged(rows, day) for rows in groups.values()]
    return tuple(sorted(found, key=lambda one: (-one.total.minor, one.customer)))


def aged_sums(rows: Sequence[Aged]) -> dict[str, tuple[Money, ...]]:
    """Return the sums of the columns by currency."""
    found: dict[str, tuple[Money, ...]] = {}
    for one in rows:
        before = found.get(one.total.currency)
        found[one.total.currency] = (
            one.amounts if before is None else tuple(a + b for a, b in zip(before, one.amounts, strict=True))
        )
    return found


def payment_standing(
    session: ReadSession, organization_ids: Collection[UUID], at: datetime
) -> dict[UUID, PaymentStanding]:
    """Return how customers stood with their payments at an instant; those who were never billed are left out.

    Told from what was issued, paid and failed by then, so that the past can be judged too. Asks no permission.
    """
    c, day = invoice.c, at.date()
    late = and_(
        c.due_on < day,
        c.state != "void",
        or_(c.paid_at.is_(None), c.paid_at > at),
        or_(c.state != "uncollectible", c.ended_at > at),
    )
    statement = (
        select(c.organization_id, func.min(case((late, c.due_on))).label("oldest"))
        .where(c.organization_id.in_(organization_ids), c.state != "draft", c.issued_on <= day)
        .group_by(c.organization_id)
    )
    failed = _failed(session, organization_ids, at)
    return {
        row.organization_id: PaymentStanding(
            (day - row.oldest).days if row.oldest else 0, failed.get(row.organization_id, False)
        )
        for row in session.execute(statement)
    }


def _failed(session: ReadSession, organization_ids: Collection[UUID], at: datetime) -> Mapping[UUID, bool]:
    """Return whether the last that was tried failed, by customer."""
    f, a = payment_failure.c, payment_allocation.c
    failures = (
        select(f.organization_id, func.max(f.failed_at).label("at"))
        .where(f.organization_id.in_(organization_ids), f.failed_at <= at, f.failed_at > at - _FAILED_FOR)
        .group_by(f.organization_id)
        .subquery()
    )
    paid = (
        select(a.organization_id, func.max(a.allocated_at).label("at"))
        .where(a.organization_id.in_(organization_ids), a.amount_minor > 0, a.allocated_at <= at)
        .group_by(a.organization_id)
        .subquery()
    )
    statement = select(failures.c.organization_id, func.coalesce(paid.c.at < failures.c.at, True).label("failed"))
    rows = session.execute(statement.outerjoin(paid, paid.c.organization_id == failures.c.organization_id))
    return {row.organization_id: row.failed for row in rows}


def _aged(rows: Sequence[Row[Any]], day: date) -> Aged:
    first = rows[0]
    amounts = [0] * len(BUCKETS)
    for row in rows:
        amounts[bucket_of((day - row.due_on).days)] += int(row.due)
    return Aged(
        first.organization_id,
        first.name,
        tuple(Money(amount, first.currency) for amount in amounts),
        sum(row.invoices for row in rows),
        min(row.due_on for row in rows),
    )
