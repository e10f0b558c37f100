"""What ChartMogul said last, what we hold beside it, and what of an export is here already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from core.billing.reads import Subscription, subscription_of
from core.finance.movements import MovementKind
from core.imports.chartmogul import catalog
from core.money import Money
from core.periods import last_instant
from db.models.billing import subscription
from db.models.chartmogul import chartmogul_export, chartmogul_movement
from db.models.finance import movement
from db.models.imports import import_row, import_run
from db.models.invoices import invoice, invoice_line
from db.session import ReadSession


class Terms(NamedTuple):
    """What tells a subscription of ours from the others of its customer."""

    organization_id: UUID
    tier: str
    starts: datetime
    amount: Money
    quantity: int


@dataclass(frozen=True)
class Export:
    """An export that was kept, whose amounts are in `currency`, and which tells of all that was until `until`."""

    id: UUID
    books: str
    source: str
    digest: bytes
    currency: str
    until: datetime
    kept_at: datetime

    @property
    def asked(self) -> date | None:
        """The last day that its mapping named; None where it went on until it was kept."""
        return self.until.date() if self.until == last_instant(self.until.date()) else None


@dataclass(frozen=True)
class TheirMovement:
    """A movement of theirs; `organization_id` is whom its customer became, None where none did."""

    external_id: str
    customer: str
    organization_id: UUID | None
    kind: MovementKind
    at: datetime
    change: int


@dataclass(frozen=True)
class OurMovement:
    """A movement of the ledger."""

    organization_id: UUID
    subscription_id: UUID | None
    kind: MovementKind
    at: datetime
    change: Money


@dataclass(frozen=True)
class Prorated:
    """A time for which a customer was charged a part of a price."""

    organization_id: UUID
    first: date
    last: date
    invoice: str


def last_export(session: ReadSession) -> Export | None:
    """Return what was kept last; None before anything was."""
    c = chartmogul_export.c
    row = session.execute(select(chartmogul_export).order_by(c.kept_at.desc(), c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Export(*(getattr(row, name) for name in Export.__dataclass_fields__))


def run_of(session: ReadSession, books: str) -> UUID | None:
    """Return the newest import of some books that has come to its end."""
    c = import_run.c
    newest = select(c.id).where(c.books == books, c.state == "done").order_by(c.finished_at.desc()).limit(1)
    found: UUID | None = session.execute(newest).scalar_one_or_none()
    return found


def their_movements(session: ReadSession, of: Export) -> tuple[TheirMovement, ...]:
    """Return every movement of an export up to its end, in the order of their dates."""
    c, r = chartmogul_movement.c, import_row.c
    same = (r.books == of.books) & (r.source == catalog.SOURCE) & (r.external_id == c.customer)
    statement = (
        select(c.external_id, c.customer, r.organization_id, c.kind, c.effective_at, c.change_minor)
        .select_from(chartmogul_movement.outerjoin(import_row, same))
        .where(c.export_id == of.id, c.effective_at <= of.until)
        .order_by(c.effective_at, c.external_id)
    )
    return tuple(TheirMovement(*tuple(row)) for row in session.execute(statement))


def our_movements(session: ReadSession, until: datetime) -> tuple[OurMovement, ...]:
    """Return every movement of the ledger up to an instant that changed MRR, in the order of their dates."""
    c = movement.c
    statement = (
        select(c.organization_id, c.subscription_id, c.kind, c.effective_at, c.mrr_change_minor, c.currency)
        .where(c.effective_at <= until, c.mrr_change_minor != 0)
        .order_by(c.effective_at, c.id)
    )
    return tuple(
        OurMovement(row.organization_id, row.subscription_id, row.kind, row.effective_at,
                    Money(row.mrr_change_minor, row.currency))
        for row in session.execute(statement)
    )  # fmt: skip


def agreements_of(session: ReadSession, organization_ids: Sequence[UUID]) -> tuple[Subscription, ...]:
    """Return the subscriptions of some customers."""
    rows = session.execute(select(subscription).where(subscription.c.organization_id.in_(organization_ids)))
    return tuple(subscription_of(row) for row in rows)


def prorated_of(session: ReadSession, organization_ids: Sequence[UUID]) -> tuple[Prorated, ...]:
    """Return the times for which some customers were charged by the day."""
    c = invoice_line.c
    statement = (
        select(c.organization_id, c.first, c.last, func.coalesce(invoice.c.number, "").label("number"))
        .join(invoice, invoice.c.id == c.invoice_id)
        .where(c.kind == "proration", c.first.is_not(None), c.organization_id.in_(organization_ids))
    )
    return tuple(Prorated(*tuple(row)) for row in session.execute(statement))


def subscriptions_of(session: ReadSession, organization_ids: Sequence[UUID]) -> dict[Terms, UUID]:
    """Return the subscriptions of some customers by what tells them apart."""
    found = agreements_of(session, organization_ids)
    return {Terms(one.organization_id, one.tier_id, one.started_at, one.amount, one.quantity): one.id for one in found}


def numbers_taken(session: ReadSession, seller_id: UUID, numbers: Sequence[str]) -> frozenset[str]:
    """Return which of some numbers a seller has given to invoices here."""
    statement = select(invoice.c.number).where(invoice.c.seller_id == seller_id, invoice.c.number.in_(numbers))
    return frozenset(session.execute(statement).scalars())
