"""MRR of a price, by the worked cases of other revenue systems."""

import pytest

from core.billing.currencies import currency_of
from core.billing.recurring import monthly_value
from core.money import Money
from core.periods import BillingPeriod


@pytest.mark.parametrize(
    ("minor", "period", "quantity", "mrr"),
    [
        (500_00, "annual", 4, 166_67),  # A2: four yearly plans of $500
        (30_00, "monthly", 2, 60_00),  # A3
        (600_00, "annual", 50, 2_500_00),  # A11: 600/12, not the 800/12 that the page prints
        (300_00, "quarterly", 1, 100_00),  # A21
        (1_000_00, "annual", 1, 83_33),  # B17's second customer
        (0, "monthly", 3, 0),
        (6, "annual", 1, 1),  # half a cent goes up
        (5, "annual", 1, 0),
    ],
)
def test_worked_cases(minor: int, period: BillingPeriod, quantity: int, mrr: int) -> None:
    assert monthly_value(Money(minor, "USD"), period, quantity) == Money(mrr, "USD")


def test_the_euro_area_is_quoted_in_euros() -> None:
    assert [currency_of(country) for country in ("DE", "PT", "US", "GB", None)] == ["EUR", "EUR", "USD", "USD", "USD"]
