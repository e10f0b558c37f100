"""Rates, retention and unit economics by the worked cases of other revenue systems, each named by its id (B1, …).

The standard is tested in the ledger itself; where the systems disagree, the settings of the metric policy are tested in
`test_policy_cases.py`.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.finance import rates
from core.metrics.catalog import metric
from core.metrics.metric import Undefined
from core.money import round_half_up
from core.periods import INSTANT, Period, midnight, months_until
from db.session import WriteSession
from tests.cast import Cast
from tests.core.finance.shop import Shop, day


@pytest.fixture
def shop(session: WriteSession, cast: Cast) -> Shop:
    return Shop(session, cast, day(1, 1))


def of_the_ledger(metric_id: str, sums: dict[str, int]) -> Decimal:
    value = metric(metric_id).of(sums)
    assert isinstance(value, Decimal)
    return value


def ten_of_each(shop: Shop) -> dict[str, int]:
    """Return February of customers who paid 100 together: 10 churned, 10 less of one, 10 more of another."""
    leaves, shrinks, grows, stays = (shop.customer(name) for name in ("Leaves", "Shrinks", "Grows", "Stays"))
    gone = shop.sell(leaves, 10_00, day(1, 2))
    less = shop.sell(shrinks, 10_00, day(1, 2))
    for whom, minor in ((shrinks, 20_00), (grows, 30_00), (stays, 30_00)):
        shop.sell(whom, minor, day(1, 2))
    shop.end(gone, day(2, 10))
    shop.end(less, day(2, 11))
    shop.sell(grows, 10_00, day(2, 12))
    shop.sell(shop.customer("New business is no retention"), 70_00, day(2, 13))
    return shop.sums(months_until(day(2, 1), 1)[0], as_of=day(6, 1))


def test_b1_gross_mrr_churn(shop: Shop) -> None:
    sums = ten_of_each(shop)
    assert sums["opening"] == 100_00
    assert of_the_ledger("revenue_churn", sums) == Decimal("0.2")


def test_b3_net_mrr_churn_of_a_day() -> None:
    assert rates.net_revenue_churn(100, churn=0, contraction=0, expansion=10, reactivation=0) == Decimal("-0.1")
    assert rates.net_revenue_churn(0, churn=0, contraction=0, expansion=10, reactivation=0) is None


def test_b5_retention_of_b1(shop: Shop) -> None:
    sums = ten_of_each(shop)
    assert of_the_ledger("nrr", sums) == Decimal("0.9")
    assert of_the_ledger("grr", sums) == Decimal("0.8")


def test_b5_who_comes_back_is_no_retention(shop: Shop) -> None:
    back = shop.customer("Back")
    shop.end(shop.sell(back, 50_00, day(1, 2)), day(1, 20))
    shop.sell(shop.customer("Stays"), 100_00, day(1, 2))
    shop.sell(back, 50_00, day(2, 10))
    sums = shop.sums(months_until(day(2, 1), 1)[0], as_of=day(6, 1))
    assert (sums["reactivation"], sums["customers_reactivated"], sums["closing"]) == (50_00, 1, 150_00)
    assert of_the_ledger("nrr", sums) == 1
    net = rates.net_revenue_churn(
        sums["opening"],
        churn=sums["churn"],
        contraction=sums["contraction"],
        expansion=sums["expansion"],
        reactivation=sums["reactivation"],
    )
    # So NRR is not 1 - net churn once somebody came back.
    assert net == Decimal("-0.5")


def test_b7_the_rates_of_two_days() -> None:
    monday, tuesday = (rates.gross_revenue_churn(opening, -5, 0) for opening in (100, 95))
    assert monday == Decimal("0.05")
    assert tuesday is not None
    assert round(tuesday, 4) == Decimal("0.0526")


def test_b7_the_rates_of_two_days_add_up(shop: Shop) -> None:
    sold = [shop.sell(shop.customer(f"Customer {number}"), 5_00, day(1, 2)) for number in range(20)]
    monday = day(3, 3).replace(hour=0)
    for number in range(2):
        shop.end(sold[number], monday + timedelta(days=number, hours=9))
    days = [Period(monday + timedelta(days=n), monday + timedelta(days=n + 1)) for n in range(2)]
    summed = sum(of_the_ledger("revenue_churn", shop.sums(each, as_of=day(6, 1))) for each in days)
    assert round(summed, 4) == Decimal("0.1026")


def test_b9_five_of_a_hundred_in_thirty_days(shop: Shop) -> None:
    sold = [shop.sell(shop.customer(f"Customer {number}"), 10_00, day(1, 2)) for number in range(20)]
    shop.end(sold[0], day(3, 5))
    sums = shop.sums(Period(day(2, 8), day(2, 8) + timedelta(days=30)), as_of=day(6, 1))
    assert of_the_ledger("logo_churn", sums) == Decimal("0.05") == rates.logo_churn(100, 5)


def test_b11_who_leaves_twice_is_lost_twice(shop: Shop) -> None:
    whom = shop.customer("Twice")
    first = shop.sell(whom, 10_00, day(1, 2))
    shop.end(first, day(2, 2))
    second = shop.sell(whom, 10_00, day(2, 5))
    shop.end(second, day(2, 9))
    sums = shop.sums(months_until(day(2, 1), 1)[0], as_of=day(6, 1))
    assert (sums["customers_opening"], sums["customers_churned"], sums["customers_reactivated"]) == (1, 2, 1)


def test_b13_a_rate_that_rolls_over_thirty_days(shop: Shop) -> None:
    first = midnight(date(2025, 1, 1))
    sold = [shop.sell(shop.customer(f"Customer {number}"), 10_00, first) for number in range(5)]
    shop.end(sold[0], midnight(date(2025, 2, 1)))

    def rolling(on: date) -> Decimal:
        until = midnight(on)
        period = Period(until - timedelta(days=30) + INSTANT, until)
        return of_the_ledger("logo_churn", shop.sums(period, as_of=day(6, 1)))

    assert rolling(date(2025, 2, 1)) == 0
    assert {rolling(date(2025, 2, 2) + timedelta(days=n)) for n in range(29)} == {Decimal("0.2")}
    assert rolling(date(2025, 3, 3)) == 0


def test_b15_a_cancellation_counts_in_the_month_it_takes_effect(shop: Shop) -> None:
    stays, leaves = (shop.sell(shop.customer(name), 10_00, day(12, 20, 2024)) for name in ("Stays", "Leaves"))
    shop.end(leaves, day(2, 10), at=day(3, 10))
    months = [shop.sums(month, as_of=day(6, 1)) for month in months_until(day(3, 1), 3)]
    assert [sums["customers_churned"] for sums in months] == [0, 0, 1]
    assert [of_the_ledger("logo_churn", sums) for sums in months] == [0, 0, Decimal("0.5")]
    assert stays.ended_at is None


def test_b17_revenue_per_customer(shop: Shop) -> None:
    shop.sell(shop.customer("Monthly"), 100_00, day(1, 2))
    shop.sell(shop.customer("Yearly"), 1_000_00, day(1, 2), period="annual")
    sums = shop.sums(months_until(day(1, 2), 1)[0], as_of=day(1, 3))
    assert sums["closing"] == 183_33
    assert round_half_up(of_the_ledger("arpa", sums)) == 91_67


def test_b19_without_churn_there_is_no_lifetime() -> None:
    assert rates.ltv(50_00, Decimal("0.75"), Decimal(0)) is None
    sums = {"mrr": 100_00, "customers": 2, "revenue": 600_00, "cost": 150_00, "opening_months": 12, "churned": 0}
    value = metric("ltv").of(sums)
    assert isinstance(value, Undefined)
    assert value.reason


def test_b21_lifetime_value() -> None:
    assert rates.ltv(50_00, Decimal("0.75"), Decimal("0.05")) == 750_00


def test_b22_cost_of_winning_a_customer() -> None:
    assert rates.cac(10_000_00 + 15_000_00, 100) == 250_00
    assert rates.cac(25_000_00, 0) is None


def test_b23_what_a_customer_returns_and_when() -> None:
    assert rates.ltv_to_cac(Decimal(750_00), Decimal(250_00)) == 3
    months = rates.payback(Decimal(250_00), Decimal(50_00), Decimal("0.75"))
    assert months is not None
    assert round(months, 1) == Decimal("6.7")


def test_b25_burn_multiple() -> None:
    assert rates.burn_multiple(1_500_000_00, 1_000_000_00) == Decimal("1.5")


def test_b27_a_burn_multiple_without_growth_means_nothing() -> None:
    assert rates.burn_multiple(1_500_000_00, 0) is None
    assert rates.burn_multiple(1_500_000_00, -1) is None


def test_b29_cost_of_a_user() -> None:
    each = [rates.arpa(cents, 2) for cents in (80, 20, 0)]
    assert each == [40, 10, 0]
    assert rates.arpa(80 + 20 + 0, 2) == 50


@pytest.mark.parametrize(
    "undefined",
    [
        rates.growth(0, 10),
        rates.logo_churn(0, 0),
        rates.gross_revenue_churn(0, 0, 0),
        rates.retention(0, 10),
        rates.quick_ratio(10, 0, 0, 0, 0),
        rates.arpa(0, 0),
        rates.gross_margin(0, 10),
        rates.ltv(None, Decimal("0.5"), Decimal("0.1")),
        rates.ltv(10, None, Decimal("0.1")),
        rates.ltv(10, Decimal("0.5"), None),
        rates.ltv_to_cac(None, Decimal(1)),
        rates.ltv_to_cac(Decimal(1), Decimal(0)),
        rates.payback(None, Decimal(1), Decimal(1)),
        rates.payback(Decimal(1), Decimal(1), Decimal(0)),
        rates.payback(Decimal(1), Decimal(1), Decimal("-0.1")),
        rates.monthly_burn(10, 0),
        rates.runway(100, 0, 3),
        rates.runway(100, -30, 3),
        rates.runway(100, 30, 0),
    ],
)
def test_what_is_not_defined_is_none(undefined: Decimal | None) -> None:
    assert undefined is None


def test_the_other_rates() -> None:
    assert rates.growth(100, 90) == Decimal("-0.1")
    assert rates.quick_ratio(30, 10, 0, -5, -15) == 2
    assert rates.gross_margin(100, 25) == Decimal("0.75")
    assert rates.monthly_burn(30, 3) == 10
    assert rates.runway(100, 30, 3) == 10
    assert rates.runway(-5, 30, 3) == 0
