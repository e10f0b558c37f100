"""Calendar arithmetic in UTC."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.periods import MONTHS, add_months, billing_period, days_until, month_of, months_until

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@pytest.mark.parametrize(
    ("word", "period"),
    [
        ("monthly", "monthly"),
        ("month", "monthly"),
        ("Quarter", "quarterly"),
        (" annual ", "annual"),
        ("YEAR", "annual"),
    ],
)
def test_both_words_for_a_period_are_understood(word: str, period: str) -> None:
    assert billing_period(word) == period


def test_another_word_is_refused_by_field() -> None:
    with pytest.raises(InvalidInput, match="weekly") as refusal:
        billing_period("weekly")
    assert refusal.value.field == "billingPeriod"


def test_months_end_where_they_end() -> None:
    end_of_january = datetime(2028, 1, 31, 9, tzinfo=UTC)
    assert add_months(end_of_january, 1) == datetime(2028, 2, 29, 9, tzinfo=UTC)
    assert add_months(end_of_january, 13) == datetime(2029, 2, 28, 9, tzinfo=UTC)
    assert add_months(end_of_january, -2) == datetime(2027, 11, 30, 9, tzinfo=UTC)
    assert MONTHS["annual"] == 12


def test_a_month_is_utcs_whatever_the_zone_of_the_instant() -> None:
    late = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert month_of(late).start == datetime(2026, 2, 1, tzinfo=UTC)


@given(INSTANTS, st.integers(1, 40))
def test_consecutive_months_leave_no_gap(at: datetime, count: int) -> None:
    months = months_until(at, count)
    assert len(months) == count
    assert at in months[-1]
    assert all(one.end == after.start for one, after in pairwise(months))


def test_days_end_with_today() -> None:
    assert days_until(datetime(2026, 3, 1, 12, tzinfo=UTC), 2) == [date(2026, 2, 28), date(2026, 3, 1)]
