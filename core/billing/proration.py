"""Billing periods by day, and what part of a price the days used or unused stand for."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from core.billing.calculation import prorated
from core.errors import InvalidInput
from core.periods import MONTHS, BillingPeriod, add_months, midnight

Calendar = Literal["anniversary", "calendar"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Days:
    """A stretch of days, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidInput("A period ends on the day it begins, or later.", field="last")

    @property
    def count(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def shared_with(self, other: "Days") -> int:
        """Return how many days lie in both."""
        return max((min(self.last, other.last) - max(self.first, other.first)).days + 1, 0)


@dataclass(frozen=True)
class ChangeAmounts:
    """What a change within a paid period gives back (`credit`, below zero) and asks for; minor units, precise."""

    credit: Decimal
    charge: Decimal


def billing_days(anchor: date, period: BillingPeriod, on: date, kind: Calendar = "anniversary") -> Days:
    """Return the billing period that a day lies in.

    By anniversary, periods begin on the anchor's day of the month (the last day of months that lack it); by calendar,
    on the first of a month, quarter or year of the calendar, whatever the anchor.
    """
    months = MONTHS[period]
    begins = midnight(anchor) if kind == "anniversary" else midnight(date(on.year, 1, 1))
    passed = ((on.year - begins.year) * 12 + on.month - begins.month) // months
    # The anchor's own day of the month may not have come yet in the month that `on` lies in.
    if add_months(begins, passed * months).date() > on:
        passed -= 1
    first, following = (add_months(begins, count * months).date() for count in (passed, passed + 1))
    return Days(first, following - _DAY)


def part(amount: Decimal, period: Days, used: Days) -> Decimal:
    """Return the precise part of a period's amount for the days of `used` that lie in it."""
    return prorated(amount, period.shared_with(used), period.count)


def unused(amount: Decimal, period: Days, paid_from: date, last_used: date | None) -> Decimal:
    """Return what of an amount billed in advance goes back, for the days from `paid_from` on after the last one used.

    The last day used is paid for in full; None, or a day before `paid_from` (a trial given up), gives everything back.
    """
    begins = max(period.first, paid_from)
    if last_used is not None:
        begins = max(begins, last_used + _DAY)
    return Decimal(0) if begins > period.last else part(amount, period, Days(begins, period.last))


def change_amounts(old: Decimal, new: Decimal, period: Days, changed_on: date) -> ChangeAmounts:
    """Return what the old price gives back and the new one asks for, from the day of the change to the period's end."""
    if not period.first <= changed_on <= period.last:
        raise InvalidInput("The day of the change lies outside the period that was billed.", field="changedOn")
    rest = Days(changed_on, period.last)
    return ChangeAmounts(-part(old, period, rest), part(new, period, rest))
