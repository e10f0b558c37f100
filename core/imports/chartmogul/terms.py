"""The subscriptions that invoice lines and subscription events amount to: each change of terms ends one, starts one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.imports.chartmogul.values import divided, scaled
from core.imports.rows import Key, Origin, SubscriptionRow
from core.money import Money
from core.periods import MONTHS, BillingPeriod, add_months

SOURCE: Final = "subscriptions"
_YEAR: Final = 12


@dataclass(frozen=True)
class Interval:
    """How often a plan is paid: as one of ours, which `times` of theirs make up (two half-years are a year)."""

    billing: BillingPeriod
    times: int

    @property
    def months(self) -> int:
        """How many months one of theirs has."""
        return MONTHS[self.billing] // self.times


@dataclass(frozen=True)
class Point:
    """What a line or an event says about a subscription: from `at` on it costs `whole`, or (None) it is over.

    `whole` is what the interval costs for all of the quantity, without tax and after discounts. A prorated line covers
    from `at` until `until`, and what it charges is a part of the price, or (`added`) of what the price rose by.
    """

    origin: Origin
    at: datetime
    whole: int | None
    tier: str = ""
    plan: str = ""
    quantity: int = 1
    currency: str = "USD"
    interval: Interval = Interval("monthly", 1)
    until: datetime | None = None
    prorated: bool = False
    added: bool = False
    order: int = 0


@dataclass(frozen=True)
class Told:
    """The subscriptions of one chain, which of them have an estimated price, and until when anything was paid for."""

    rows: tuple[SubscriptionRow, ...]
    estimated: tuple[SubscriptionRow, ...]
    paid_until: datetime | None


def interval_of(count: int, unit: str) -> Interval | None:
    """Return how often a plan is paid, None for what there is no like of here: weeks, two years."""
    months = {"month": count, "year": _YEAR * count}.get(unit.strip().lower().removesuffix("s"), 0)
    for billing, length in MONTHS.items():
        if months == length:
            return Interval(billing, 1)
    return Interval("annual", _YEAR // months) if 0 < months < _YEAR and _YEAR % months == 0 else None


def told(name: str, customer: Key, points: Sequence[Point]) -> Told:
    """Return what the points of one subscription amount to, in the order of their dates."""
    rows: list[SubscriptionRow] = []
    estimated = []
    # What ends at an instant ends before what begins at it.
    ordered = sorted(points, key=lambda one: (one.at, one.whole is not None, one.order, one.origin.line))
    for place, point in enumerate(ordered):
        open_ = rows[-1] if rows and rows[-1].ends is None else None
        if point.whole is None:
            if open_ is not None:
                rows[-1] = replace(open_, ends=point.at)
            continue
        if point.prorated and point.whole <= 0:
            # A credit for time that was paid for and not used: what follows says the new price.
            continue
        full, guessed = _price(point, ordered[place + 1 :], open_)
        made = _row(name, customer, full)
        if open_ is not None and _terms(open_) == _terms(made):
            continue
        if open_ is not None:
            rows[-1] = replace(open_, ends=point.at)
            if open_.starts == point.at:
                rows.pop()
        rows.append(made)
        estimated += [made.origin.id] if guessed else []
    kept = tuple(_signed(row) for row in rows)
    until = max((one.until for one in ordered if one.until is not None), default=None)
    return Told(kept, tuple(row for row in kept if row.origin.id in estimated), until)


def _price(point: Point, later: Sequence[Point], before: SubscriptionRow | None) -> tuple[Point, bool]:
    """Return a point with the price of a whole interval, and whether that had to be worked out."""
    if not point.prorated:
        return point, False
    for one in later:
        if one.whole is None:
            break
        if not one.prorated and (one.plan, one.quantity) == (point.plan, point.quantity):
            return replace(point, whole=one.whole), False
    return replace(point, whole=_estimate(point, before)), True


def _estimate(point: Point, before: SubscriptionRow | None) -> int:
    assert point.whole is not None  # noqa: S101 - asked of prices alone
    if point.until is None or point.until <= point.at:
        return point.whole
    full = add_months(point.at, point.interval.months) - point.at
    covered = point.until - point.at
    found = scaled(point.whole, Decimal(covered.total_seconds()), Decimal(full.total_seconds()))
    had = before.amount.minor * before.quantity if point.added and before else 0
    return found + had // point.interval.times


def _row(name: str, customer: Key, point: Point) -> SubscriptionRow:
    assert point.whole is not None  # noqa: S101 - made of prices alone
    amount, quantity = divided(point.whole * point.interval.times, point.quantity)
    origin = replace(point.origin, source=SOURCE, id=f"{name}@{point.at:%Y-%m-%dT%H:%M:%S}")
    return SubscriptionRow(
        origin,
        customer,
        point.tier,
        point.at,
        None,
        Money(amount, point.currency),
        quantity,
        point.interval.billing,
        trial=False,
        churned=None,
    )


def _terms(row: SubscriptionRow) -> tuple[object, ...]:
    return row.tier, row.amount, row.quantity, row.billing


def _signed(row: SubscriptionRow) -> SubscriptionRow:
    said = "\x1f".join(str(one) for one in (row.customer, row.starts, row.ends, *_terms(row)))
    digest = hashlib.blake2b(said.encode(), digest_size=16).digest()
    return replace(row, origin=replace(row.origin, digest=digest))
