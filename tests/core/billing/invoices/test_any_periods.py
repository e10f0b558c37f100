"""Periods of service: whatever is changed, paused or ended on which day, each charged day is billed once."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import get_args

from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.billing.invoices.service_periods import Service, Term, services
from core.ids import new_id
from core.money import Money
from core.periods import BillingPeriod

HORIZON = date(2027, 6, 1)
DAY = timedelta(days=1)
# Days until the next term, whether it is charged, and its billing period: 0 is a change taken back the same day.
STEPS = st.lists(
    st.tuples(st.integers(0, 500), st.booleans(), st.sampled_from(get_args(BillingPeriod))), min_size=1, max_size=6
)


@settings(max_examples=300, deadline=None)
@given(first=st.dates(date(2023, 12, 1), date(2025, 3, 31)), steps=STEPS, ends=st.booleans())
@example(first=date(2024, 2, 29), steps=[(0, True, "annual"), (700, True, "annual")], ends=False)
@example(first=date(2025, 1, 31), steps=[(28, True, "monthly"), (0, False, "monthly"), (9, True, "monthly")], ends=True)
def test_each_charged_day_is_billed_once(first: date, steps: list[tuple[int, bool, BillingPeriod]], ends: bool) -> None:
    chain = _chain(first, steps, ends)
    found = list(services(chain, first, HORIZON))
    billed = Counter(day for one in found for day in _days(one.first, one.last + DAY))
    charged = {
        day for term in chain if term.charged for day in _days(term.started_on, min(term.ended_on or HORIZON, HORIZON))
    }
    assert dict.fromkeys(charged, 1) == {day: many for day, many in billed.items() if day < HORIZON}
    assert all(one.used <= one.days and one.amount() <= one.term.precise for one in found)
    assert len({one.key for one in found}) == len(found)


@settings(max_examples=100, deadline=None)
@given(first=st.dates(date(2023, 12, 1), date(2025, 3, 31)), steps=STEPS, ends=st.booleans(), at=st.dates(
    date(2023, 12, 1), HORIZON
))  # fmt: skip
def test_month_by_month_comes_to_the_same(
    first: date, steps: list[tuple[int, bool, BillingPeriod]], ends: bool, at: date
) -> None:
    chain = _chain(first, steps, ends)
    whole = _said(services(chain, first, HORIZON))
    assert _said(services(chain, first, at)) + _said(services(chain, max(first, at), HORIZON)) == whole


def _chain(first: date, steps: list[tuple[int, bool, BillingPeriod]], ends: bool) -> list[Term]:
    agreement, organization_id, begins, made = new_id(), new_id(), first, []
    for place, (days, charged, period) in enumerate(steps):
        over = begins + timedelta(days=days)
        open_end = place == len(steps) - 1 and not ends
        made.append(
            Term(
                new_id(), agreement, organization_id, None, "pro", None, period, Money(3_100, "USD"), 1, Decimal(0), 0,
                charged, begins, None if open_end else over,
            )
        )  # fmt: skip
        begins = over
    return made


def _days(first: date, until: date) -> list[date]:
    return [first + timedelta(days=place) for place in range((until - first).days)]


def _said(found: Iterable[Service]) -> Counter[tuple[str, date, date]]:
    return Counter((one.key, one.first, one.last) for one in found)
