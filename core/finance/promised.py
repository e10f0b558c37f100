"""What subscriptions promised for some days, what of it was invoiced, what was paid, and the parts of the gap."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, or_, select

from core.access.actor import Actor
from core.billing.calculation import PreciseLine, invoice_totals
from core.billing.invoices.due import chains_of
from core.billing.invoices.service_periods import Service, services
from core.errors import InvalidInput
from core.finance.ledger import may_see_all
from core.money import Money, round_half_up
from core.periods import add_months, midnight
from db.models.billing import subscription
from db.models.invoices import invoice, invoice_line
from db.models.organizations import organization
from db.session import ReadSession

# From the promise to what was invoiced for those days, on to what was asked for in them, on to what came.
TO_INVOICED: Final = ("not_billed", "proration", "usage", "one_off")
TO_PAID: Final = ("ahead", "earlier", "tax", "credited", "given_up", "late", "open")
PARTS: Final = (*TO_INVOICED, *TO_PAID)
LONGEST_DAYS: Final = 800
_AT_ONCE: Final = 5_000
_SERVICE: Final = ("subscription", "proration")
_LONGEST_PERIOD: Final = 12
_OUT: Final = ("open", "paid", "uncollectible")


@dataclass(frozen=True)
class Collected:
    """One customer in one currency: promised + the parts of TO_INVOICED = invoiced; + those of TO_PAID = paid.

    Promised: the worth of its subscriptions by the day, coupons off, before tax. Invoiced: lines before tax by the days
    they are for. Paid: what came of the invoices that were issued in those days. `parts` are in minor units, by name:
    not_billed (nothing billed it), proration (changes, unused time, rounding), usage (and overage), one_off; ahead
    (billed for later days), earlier (billed before), tax, credited, given_up, late and open (not due yet).
    """

    organization_id: UUID
    customer: str
    currency: str
    promised: int
    parts: Mapping[str, int]

    @property
    def invoiced(self) -> int:
        """What invoices ask for these days, before tax."""
        return self.promised + sum(self.parts[name] for name in TO_INVOICED)

    @property
    def paid(self) -> int:
        """What came for the invoices of these days."""
        return self.invoiced + sum(self.parts[name] for name in TO_PAID)

    @property
    def gap(self) -> int:
        """What came beyond the promise; below zero: what is missing of it."""
        return self.paid - self.promised


@dataclass(frozen=True)
class LineOut:
    """A line of an invoice that is out: `net` in all, and what of it is for the days asked for."""

    id: UUID
    invoice_id: UUID
    number: str
    issued_on: date
    due_on: date
    state: str
    kind: str
    text: str
    first: date | None
    last: date | None
    subscription_id: UUID | None
    net: Money
    within: Money
    tax: Money


def promised_invoiced_paid(
    session: ReadSession, actor: Actor, first: date, last: date, *, day: date, organization_id: UUID | None = None
) -> tuple[Collected, ...]:
    """Return what was promised, invoiced and paid from `first` to `last`, by customer and currency, by name.

    As the books stand now; `day` is today: later days have promised nothing yet. Needs `finance:read`. InvalidInput for
    days the wrong way round, or more than LONGEST_DAYS of them.
    """
    may_see_all(actor)
    until = _until(first, last, day)
    billed = _Billed(first, until)
    for row in _lines(session, first, until, organization_id):
        billed.add(row)
    promised = _promised(session, first, until, organization_id)
    for row in _issued(session, first, until, organization_id):
        billed.settle(row, day)
    for term_key, minor in promised.items():
        billed.promise(term_key, minor)
    named = _names(session, {key for key, _ in billed.parts})
    rows = [
        Collected(key, named[key], currency, billed.promised[key, currency], {name: parts[name] for name in PARTS})
        for (key, currency), parts in billed.parts.items()
    ]
    return tuple(sorted(rows, key=lambda one: (one.customer.casefold(), one.currency)))


def summed(rows: Iterable[Collected]) -> dict[str, Collected]:
    """Return the sums of some rows by currency; the customer of a sum is nobody."""
    found: dict[str, Collected] = {}
    for one in rows:
        before = found.get(one.currency)
        parts = {name: one.parts[name] + (before.parts[name] if before else 0) for name in PARTS}
        promised = one.promised + (before.promised if before else 0)
        found[one.currency] = Collected(UUID(int=0), "", one.currency, promised, parts)
    return found


def lines_out(
    session: ReadSession, actor: Actor, organization_id: UUID, first: date, last: date, *, day: date
) -> tuple[LineOut, ...]:
    """Return a customer's lines for these days or issued in them, the newest first; needs `finance:read`."""
    may_see_all(actor)
    until = _until(first, last, day)
    rows = list(_lines(session, first, until, organization_id))
    return tuple(_line_out(row, first, until) for row in sorted(rows, key=lambda row: row.issued_on, reverse=True))


def few_enough(session: ReadSession, actor: Actor) -> bool:
    """Return whether so few subscriptions run that a page may tell all of them day by day without being asked."""
    may_see_all(actor)
    runs = select(subscription.c.id).where(subscription.c.ended_at.is_(None)).offset(_AT_ONCE).limit(1)
    return session.execute(runs).one_or_none() is None


def within(net: int, begins: date, ends: date, first: date, until: date) -> int:
    """Return the part of an amount for `begins` to `ends` that falls on the days from `first` until before `until`.

    By the day, rounded on the running sum: the parts of adjoining times add up to the whole.
    """
    days = (ends - begins).days + 1

    def so_far(day: date) -> int:
        gone = min(max((day - begins).days, 0), days)
        return round_half_up(Decimal(net * gone) / days)

    return so_far(until) - so_far(first)


class _Billed:
    """Sums by customer and currency while rows are read."""

    def __init__(self, first: date, until: date) -> None:
        self.first, self.until = first, until
        self.parts: dict[tuple[UUID, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(PARTS, 0))
        self.promised: dict[tuple[UUID, str], int] = defaultdict(int)
        self._served: set[tuple[UUID, str, UUID | None]] = set()

    def add(self, row: Row[Any]) -> None:
        """Count a line for the days that it is for, and for those in which it was issued."""
        parts = self.parts[row.organization_id, row.currency]
        inside = _inside(row, self.first, self.until)
        service = row.kind in _SERVICE
        parts["proration" if service else "one_off" if row.kind == "one_off" else "usage"] += inside
        if service and _overlaps(row, self.first, self.until):
            self._served.add((row.organization_id, row.currency, row.subscription_id))
        if self.first <= row.issued_on < self.until:
            parts["ahead"] += row.net_minor - inside
        else:
            parts["earlier"] -= inside

    def settle(self, row: Row[Any], day: date) -> None:
        """Count what became of an invoice that was issued in these days."""
        parts = self.parts[row.organization_id, row.currency]
        due = row.total_minor - row.paid_minor - row.credited_minor
        parts["tax"] += row.tax_minor
        parts["credited"] -= row.credited_minor
        parts["given_up" if row.state == "uncollectible" else "late" if row.due_on < day else "open"] -= due

    def promise(self, of: tuple[UUID, str, UUID], minor: int) -> None:
        """Count what a subscription was worth, against what was billed for it."""
        self.promised[of[:2]] += minor
        self.parts[of[:2]]["proration" if of in self._served else "not_billed"] -= minor


def _until(first: date, last: date, day: date) -> date:
    if last < first or (last - first).days >= LONGEST_DAYS:
        raise InvalidInput(f"Give days from the first to the last, at most {LONGEST_DAYS} of them.", field="to")
    return min(last, max(day, first)) + timedelta(days=1)


def _lines(session: ReadSession, first: date, until: date, organization_id: UUID | None) -> Iterator[Row[Any]]:
    """Yield the lines that are for these days, or were issued in them, of invoices that are out."""
    c, of = invoice_line.c, invoice.c
    issued = (of.issued_on >= first) & (of.issued_on < until)
    statement = (
        select(invoice_line, of.number, of.issued_on, of.due_on, of.state, of.currency)
        .join(invoice, of.id == c.invoice_id)
        .where(of.state.in_(_OUT), or_(issued, (c.last >= first) & (c.first < until)))
    )
    if organization_id is not None:
        statement = statement.where(of.organization_id == organization_id)
    yield from session.execute(statement.order_by(of.issued_on, c.position))


def _issued(session: ReadSession, first: date, until: date, organization_id: UUID | None) -> Iterator[Row[Any]]:
    c = invoice.c
    statement = select(invoice).where(c.state.in_(_OUT), c.issued_on >= first, c.issued_on < until)
    if organization_id is not None:
        statement = statement.where(c.organization_id == organization_id)
    yield from session.execute(statement)


def _promised(
    session: ReadSession, first: date, until: date, organization_id: UUID | None
) -> dict[tuple[UUID, str, UUID], int]:
    """Return what each subscription was worth in these days, by customer, currency and its id."""
    s = subscription.c
    ran = select(s.organization_id).where(s.started_at < midnight(until), s.amount_minor > 0)
    ran = ran.where(or_(s.ended_at.is_(None), s.ended_at > midnight(first)))
    if organization_id is not None:
        ran = ran.where(s.organization_id == organization_id)
    customers = list(session.execute(ran.distinct()).scalars())
    since = add_months(midnight(first), -_LONGEST_PERIOD).date()
    found: dict[tuple[UUID, str, UUID], int] = defaultdict(int)
    for chains in chains_of(session, customers).values():
        for chain in chains:
            for of in services(chain, since, until):
                if of.last >= first and (worth := _worth(of)):
                    key = (of.term.organization_id, of.term.amount.currency, of.term.id)
                    found[key] += within(worth, of.first, of.last, first, until)
    return found


def _worth(of: Service) -> int:
    totals = invoice_totals([PreciseLine("service", of.amount(), Decimal(0), "Z")], of.discounts())
    return totals.lines[0].net


def _overlaps(row: Row[Any], first: date, until: date) -> bool:
    return row.first is not None and row.last is not None and row.last >= first and row.first < until


def _inside(row: Row[Any], first: date, until: date) -> int:
    if row.first is None or row.last is None:
        return row.net_minor if first <= row.issued_on < until else 0
    return within(row.net_minor, row.first, row.last, first, until)


def _names(session: ReadSession, organization_ids: set[UUID]) -> dict[UUID, str]:
    c = organization.c
    rows = session.execute(select(c.id, c.name).where(c.id.in_(organization_ids)))
    return {row.id: row.name for row in rows}


def _line_out(row: Row[Any], first: date, until: date) -> LineOut:
    same = {name: getattr(row, name) for name in LineOut.__dataclass_fields__ if name not in ("net", "within", "tax")}
    amounts = (row.net_minor, _inside(row, first, until), row.tax_minor)
    net, inside, tax = (Money(int(minor), row.currency) for minor in amounts)
    return LineOut(**same, net=net, within=inside, tax=tax)
