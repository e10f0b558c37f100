"""Billing periods on the calendar, and days within them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.proration import Calendar, Days, billing_days, change_amounts, part, unused
from core.errors import InvalidInput
from core.periods import BillingPeriod

DATES = st.dates(date(2020, 1, 1), date(2035, 12, 31))
PERIODS: st.SearchStrategy[BillingPeriod] = st.sampled_from(["monthly", "quarterly", "annual"])
KINDS: st.SearchStrategy[Calendar] = st.sampled_from(["anniversary", "calendar"])
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("anchor", "period", "on", "kind", "first", "last"),
    [
        ("2026-01-31", "monthly", "2026-02-10", "anniversary", "2026-01-31", "2026-02-27"),
        ("2026-01-31", "monthly", "2026-02-28", "anniversary", "2026-02-28", "2026-03-30"),
        ("2026-01-31", "monthly", "2026-03-31", "anniversary", "2026-03-31", "2026-04-29"),
        ("2024-02-29", "annual", "2025-02-28", "anniversary", "2025-02-28", "2026-02-27"),
        ("2026-05-20", "monthly", "2026-04-25", "anniversary", "2026-04-20", "2026-05-19"),
        ("2026-02-17", "quarterly", "2026-06-30", "calendar", "2026-04-01", "2026-06-30"),
        ("2026-02-17", "annual", "2027-06-30", "calendar", "2027-01-01", "2027-12-31"),
    ],
)
def test_period_of_a_day(anchor: str, period: BillingPeriod, on: str, kind: Calendar, first: str, last: str) -> None:
    found = billing_days(date.fromisoformat(anchor), period, date.fromisoformat(on), kind)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@given(DATES, PERIODS, DATES, KINDS)
def test_periods_follow_each_other_without_gap_or_overlap(
    anchor: date, period: BillingPeriod, on: date, kind: Calendar
) -> None:
    found = billing_days(anchor, period, on, kind)
    assert found.first <= on <= found.last
    assert billing_days(anchor, period, found.first, kind) == found == billing_days(anchor, period, found.last, kind)
    assert billing_days(anchor, period, found.last + DAY, kind).first == found.last + DAY


@given(DATES, PERIODS, st.data())
def test_a_change_to_the_same_price_costs_nothing(on: date, period: BillingPeriod, data: st.DataObject) -> None:
    days = billing_days(on, period, on)
    amount = data.draw(st.decimals(0, 10_000, places=2))
    moved = change_amounts(amount, amount, days, data.draw(st.dates(days.first, days.last)))
    assert moved.credit + moved.charge == 0


@given(DATES, PERIODS, st.data())
def test_what_was_used_and_what_goes_back_is_what_was_paid(
    on: date, period: BillingPeriod, data: st.DataObject
) -> None:
    days = billing_days(on, period, on)
    amount = data.draw(st.decimals(0, 10_000, places=2))
    begun = data.draw(st.dates(days.first, days.last))
    ended = data.draw(st.dates(begun, days.last))
    paid = part(amount, days, Days(begun, days.last))
    used = part(amount, days, Days(begun, ended))
    assert abs(paid - used - unused(amount, days, begun, ended)) < Decimal("1e-15")


def test_days_that_make_no_period_are_refused() -> None:
    with pytest.raises(InvalidInput, match="day it begins"):
        Days(date(2026, 2, 2), date(2026, 2, 1))
    with pytest.raises(InvalidInput, match="outside the period"):
        change_amounts(Decimal(1), Decimal(2), Days(date(2026, 2, 1), date(2026, 2, 28)), date(2026, 3, 1))
