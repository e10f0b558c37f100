"""Which periods of service a subscription owes, in advance, and what is given back of one that ended early.

A period begins on the anniversary of the day from which the agreement is charged. A change of price, quantity or tier
keeps the anniversary and charges the rest of the period by the day; a change of billing period, the end of a trial and
the end of a pause begin a new one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from core.billing import proration
from core.billing.calculation import Discount, prorated
from core.billing.proration import Days
from core.money import Money
from core.periods import MONTHS, BillingPeriod, add_months, midnight


@dataclass(frozen=True)
class Term:
    """What was agreed from one UTC day until another, which no longer belongs to it; terms of one chain follow."""

    id: UUID
    agreement_id: UUID
    organization_id: UUID
    license_id: UUID | None
    tier_id: str
    product_id: str | None
    billing_period: BillingPeriod
    amount: Money
    quantity: int
    percent_off: Decimal
    minor_off: int
    charged: bool
    started_on: date
    ended_on: date | None

    @property
    def precise(self) -> Decimal:
        """What a whole period costs, in minor units, before any discount."""
        return Decimal(self.amount.minor * self.quantity)


@dataclass(frozen=True)
class Service:
    """A period of service, or what is left of one: `first` and `last` are its days, `days` those of a whole period."""

    term: Term
    first: date
    last: date
    days: int

    @property
    def key(self) -> str:
        """What it is billed under, once."""
        return f"service:{self.term.id}:{self.first}"

    @property
    def used(self) -> int:
        """The days that are charged."""
        return (self.last - self.first).days + 1

    @property
    def whole(self) -> bool:
        """Whether it is a whole period."""
        return self.used == self.days

    def amount(self) -> Decimal:
        """Return its price in minor units, precise."""
        return prorated(self.term.precise, self.used, self.days)

    def discounts(self) -> tuple[Discount, ...]:
        """Return what its coupon takes off; a fixed amount in the part that the price is charged in."""
        found = [Discount("percent", self.term.percent_off)] if self.term.percent_off else []
        if self.term.minor_off:
            found.append(Discount("fixed", prorated(Decimal(self.term.minor_off), self.used, self.days)))
        return tuple(found)


def services(chain: Sequence[Term], since: date, until: date) -> Iterator[Service]:
    """Yield what one agreement owes from `since` until before `until`, by the first day of each period.

    `chain` holds its terms, oldest first.
    """
    anchor, before = None, None
    for term in chain:
        if not term.charged or (term.ended_on is not None and term.ended_on <= term.started_on):
            # What lasted no day is as if it had not been, and what follows it keeps the anniversary.
            before = before if term.charged else None
            continue
        if anchor is None or not _follows(before, term):
            anchor = term.started_on
        yield from _periods(term, anchor, since, until)
        before = term


def unused(amount: Decimal, first: date, last: date, ended_on: date) -> Decimal:
    """Return the precise part of what was billed for `first` to `last` that an end on `ended_on` leaves unused.

    What ended on its first day was not used at all (case D11: terminated the day it was billed).
    """
    return proration.unused(amount, Days(first, last), first, ended_on - timedelta(days=1))


def _follows(before: Term | None, term: Term) -> bool:
    return before is not None and before.ended_on == term.started_on and before.billing_period == term.billing_period


def _periods(term: Term, anchor: date, since: date, until: date) -> Iterator[Service]:
    months = MONTHS[term.billing_period]
    begin = max(term.started_on, since)
    place = max((begin.year - anchor.year) * 12 + begin.month - anchor.month - months, 0) // months
    while (start := _after(anchor, place * months)) < until:
        end = _after(anchor, (place + 1) * months)
        first = max(start, term.started_on)
        if term.ended_on is not None and first >= term.ended_on:
            return
        stop = end if term.ended_on is None else min(end, term.ended_on)
        if since <= first < until and first < end:
            yield Service(term, first, date.fromordinal(stop.toordinal() - 1), (end - start).days)
        place += 1


def _after(anchor: date, months: int) -> date:
    return add_months(midnight(anchor), months).date()
