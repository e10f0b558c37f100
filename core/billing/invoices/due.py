"""What customers owe for a month, before any invoice: periods that begin, credits of what ended early."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select

from core.billing.calculation import Discount
from core.billing.invoices.given_back import CREDIT
from core.billing.invoices.service_periods import Service, Term, services, unused
from core.billing.invoices.states import LineKind
from core.money import Money, exponent
from db.models.billing import subscription
from db.models.invoices import billed_item, credit_note_line, invoice, invoice_line
from db.models.licensing import tier
from db.models.stripe import stripe_object
from db.session import ReadSession

PIECES: Final = "C62"


@dataclass(frozen=True)
class DueLine:
    """One thing to bill: `amount` in minor units, precise and before discounts; `key` is billed once.

    `tax` is the rate in percent and category of what a credit gives back; None: as the customer is taxed.
    """

    kind: LineKind
    text: str
    detail: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    currency: str
    key: str | None
    unit: str = PIECES
    discounts: tuple[Discount, ...] = ()
    first: date | None = None
    last: date | None = None
    subscription_id: UUID | None = None
    license_id: UUID | None = None
    meter: str | None = None
    tax: tuple[Decimal, str] | None = None


@dataclass(frozen=True)
class Agreed:
    """The terms of some customers by customer and chain, what is billed already, and what ended after it was billed.

    `at_stripe` are subscriptions that Stripe bills: their chains are never billed here too.
    """

    chains: Mapping[UUID, tuple[tuple[Term, ...], ...]]
    billed: frozenset[str]
    ended: Mapping[UUID, tuple[Row[Any], ...]]
    since: Mapping[UUID, date]
    labels: Mapping[str, str]
    at_stripe: frozenset[UUID] = frozenset()

    def lines(self, organization_id: UUID, month: date, until: date) -> tuple[list[DueLine], list[DueLine]]:
        """Return charges and credits of a customer for a month; `until` is the first day after it."""
        since = min(self.since.get(organization_id, month), month)
        ours = (
            chain
            for chain in self.chains.get(organization_id, ())
            if self.at_stripe.isdisjoint(term.id for term in chain)
        )
        due = [each for chain in ours for each in services(chain, since, until)]
        charges = [service_line(each, self.labels) for each in due if each.key not in self.billed]
        terms = {term.id: term for chain in self.chains.get(organization_id, ()) for term in chain}
        credits = (credit_line(row, terms[row.subscription_id]) for row in self.ended.get(organization_id, ()))
        return charges, [each for each in credits if each.amount and each.key not in self.billed]


def agreed_with(session: ReadSession, organization_ids: Collection[UUID], *, drafts: Collection[UUID] = ()) -> Agreed:
    """Return what is agreed with customers; what `drafts` hold is looked at as not billed."""
    held = set(drafts)
    statement = select(billed_item.c.key, billed_item.c.invoice_id).where(
        billed_item.c.organization_id.in_(organization_ids)
    )
    billed = frozenset(row.key for row in session.execute(statement) if row.invoice_id not in held)
    labels = {row.id: row.label for row in session.execute(select(tier.c.id, tier.c.label))}
    return Agreed(
        chains_of(session, organization_ids),
        billed,
        _ended_early(session, organization_ids),
        _since(session, organization_ids, held),
        labels,
        _at_stripe(session, organization_ids),
    )


def service_line(of: Service, labels: Mapping[str, str]) -> DueLine:
    """Return the line of a period: its whole price, or the part of it that its days are."""
    term = of.term
    name = f"{labels.get(term.tier_id, term.tier_id)}, {term.billing_period}"
    price = term.amount.major()
    if of.whole:
        kind, quantity, unit_price, detail = "subscription", Decimal(term.quantity), price, None
    else:
        kind, quantity = "proration", Decimal(1)
        unit_price = _major(of.amount(), term.amount.currency)
        detail = f"{of.used} of {of.days} days of {term.quantity} × {term.amount}"
    return DueLine(
        "subscription" if kind == "subscription" else "proration",
        name,
        detail,
        quantity,
        unit_price,
        of.amount(),
        term.amount.currency,
        of.key,
        discounts=of.discounts(),
        first=of.first,
        last=of.last,
        subscription_id=term.id,
        license_id=term.license_id,
    )


def credit_line(billed: Row[Any], term: Term) -> DueLine:
    """Return the credit for the days of a billed line that its term did not last; nothing where it lasted.

    What credit notes have given back of the line (`noted`) was not paid for in the end, and is not given back again.
    """
    ended_on = term.ended_on or billed.last
    amount = -unused(Decimal(billed.net_minor - int(billed.noted)), billed.first, billed.last, ended_on)
    days = (billed.last - billed.first).days + 1
    first = max(ended_on, billed.first)
    return DueLine(
        "proration",
        f"Unused time: {billed.text}",
        f"{(billed.last - first).days + 1} of {days} days of {billed.number}",
        Decimal(1),
        _major(amount, billed.currency),
        amount,
        billed.currency,
        f"{CREDIT}{billed.id}",
        first=first,
        last=billed.last,
        subscription_id=term.id,
        license_id=term.license_id,
        tax=(billed.tax_rate, billed.tax_category),
    )


def _major(minor: Decimal, currency: str) -> Decimal:
    return minor.scaleb(-exponent(currency)).quantize(Decimal("1e-12"))


def chains_of(session: ReadSession, organization_ids: Collection[UUID]) -> dict[UUID, tuple[tuple[Term, ...], ...]]:
    """Return all that was ever agreed with customers, by customer and chain, the oldest terms of each first."""
    c = subscription.c
    rows = session.execute(
        select(subscription).where(c.organization_id.in_(organization_ids)).order_by(c.started_at, c.id)
    )
    found: dict[UUID, dict[UUID, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        term = _term(row)
        found[term.organization_id][term.agreement_id].append(term)
    return {key: tuple(tuple(chain) for chain in chains.values()) for key, chains in found.items()}


def _term(row: Row[Any]) -> Term:
    return Term(
        row.id,
        row.agreement_id or row.id,
        row.organization_id,
        row.license_id,
        row.tier_id,
        row.product_id,
        row.billing_period,
        Money(row.amount_minor, row.currency),
        row.quantity,
        row.percent_off,
        row.minor_off,
        row.phase == "active",
        row.started_at.astimezone(UTC).date(),
        row.ended_at.astimezone(UTC).date() if row.ended_at else None,
    )


def _ended_early(session: ReadSession, organization_ids: Collection[UUID]) -> dict[UUID, tuple[Row[Any], ...]]:
    """Return the finalized lines of periods that go on after their subscription has ended, by customer."""
    line, of = invoice_line.c, invoice.c
    ended_on = func.date(func.timezone("UTC", subscription.c.ended_at))
    given_back = select(func.coalesce(func.sum(credit_note_line.c.net_minor), 0)).where(
        credit_note_line.c.invoice_line_id == line.id
    )
    statement = (
        select(invoice_line, of.number, of.currency, given_back.scalar_subquery().label("noted"))
        .join(invoice, of.id == line.invoice_id)
        .join(subscription, subscription.c.id == line.subscription_id)
        .where(
            line.organization_id.in_(organization_ids),
            line.net_minor > 0,
            # Usage was used, whenever its subscription ended.
            line.kind.in_(["subscription", "proration"]),
            line.last >= ended_on,
            of.state.in_(["open", "paid"]),
        )
        .order_by(line.organization_id, line.first, line.id)
    )
    return _by_customer(session.execute(statement))


def _at_stripe(session: ReadSession, organization_ids: Collection[UUID]) -> frozenset[UUID]:
    o = stripe_object.c
    tied = select(o.our_id).where(
        o.kind == "subscription_item", o.our_id.is_not(None), o.organization_id.in_(organization_ids)
    )
    return frozenset(session.execute(tied).scalars())


def _since(session: ReadSession, organization_ids: Collection[UUID], drafts: set[UUID]) -> dict[UUID, date]:
    """Return the first month that was ever drafted here, by customer: what is older was billed elsewhere."""
    c = invoice.c
    months = select(c.organization_id, func.min(c.month).label("month")).where(
        c.organization_id.in_(organization_ids), c.month.is_not(None), c.source == "calos", c.id.not_in(drafts)
    )
    return {row.organization_id: row.month for row in session.execute(months.group_by(c.organization_id))}


def _by_customer(rows: Iterable[Row[Any]]) -> dict[UUID, tuple[Row[Any], ...]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.organization_id].append(row)
    return {key: tuple(group) for key, group in found.items()}
