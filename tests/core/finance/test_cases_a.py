"""MRR and its movements by the worked cases of other revenue systems, each named by its id (A1, A2, …).

The standard is tested in the ledger itself; where the systems disagree, every setting of the metric policy is tested in
`test_policy_cases.py`. A19's committed MRR (what is known to end left out) is the churn date “when scheduled”.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.finance.reads import movements_of
from core.finance.writes import add_rate
from core.periods import Period, midnight, month_of
from db.session import WriteSession
from tests.cast import Cast
from tests.core.finance.shop import GOLD, Shop, day

DAY = timedelta(days=1)


@pytest.fixture
def shop(session: WriteSession, cast: Cast) -> Shop:
    return Shop(session, cast, datetime(2025, 1, 1, tzinfo=UTC))


def test_a1_five_at_5_then_two_at_30(shop: Shop) -> None:
    for number in range(5):
        shop.sell(shop.customer(f"Five {number}"), 5_00, day(1, 2))
    assert shop.mrr(day(1, 3)) == 25
    for number in range(2):
        shop.sell(shop.customer(f"Thirty {number}"), 30_00, day(1, 4))
    assert shop.mrr(day(1, 5)) == 85


def syncalytics(shop: Shop) -> UUID:
    """A2 to A6: four yearly Gold, two Silver, Silver canceled, Gold too by the end of its year, three Gold again."""
    whom = shop.customer("Syncalytics")
    gold = shop.sell(whom, 500_00, day(1, 10), period="annual", quantity=4, tier=GOLD)
    silver = shop.sell(whom, 30_00, day(1, 14), quantity=2)
    shop.end(silver, day(1, 28))
    shop.end(gold, day(3, 1), at=day(1, 10, 2026))
    shop.sell(whom, 50_00, day(2, 1, 2026), quantity=3, tier=GOLD)
    return whom


def test_a2_four_yearly_plans_are_new_business_of_a_twelfth(shop: Shop) -> None:
    assert shop.moved(syncalytics(shop))[0] == ("new", Decimal("166.67"))


def test_a3_a_second_product_is_expansion(shop: Shop) -> None:
    assert shop.moved(syncalytics(shop))[1] == ("expansion", Decimal(60))


def test_a4_giving_up_one_of_two_is_contraction(shop: Shop) -> None:
    assert shop.moved(syncalytics(shop))[2] == ("contraction", Decimal(-60))


def test_a5_churn_is_dated_at_the_end_of_the_paid_year(shop: Shop) -> None:
    whom = syncalytics(shop)
    assert shop.moved(whom)[3] == ("churn", Decimal("-166.67"))
    churned = movements_of(shop.session, shop.cast.fiona, whom)[1]
    assert (churned.effective_at, churned.recorded_at) == (day(1, 10, 2026), day(3, 1))


def test_a5_what_is_dated_later_is_no_figure_of_today(shop: Shop) -> None:
    whom = shop.customer("Syncalytics")
    gold = shop.sell(whom, 500_00, day(1, 10), period="annual", quantity=4, tier=GOLD)
    shop.end(gold, day(3, 1), at=day(1, 10, 2026))
    assert shop.mrr(day(12, 31)) == Decimal("166.67")
    year = Period(day(1, 1), day(1, 1, 2027))
    today = shop.sums(year, as_of=day(6, 1))
    assert (today["churn"], today["closing"], today["customers_churned"], today["customers_closing"]) == (
        0,
        166_67,
        0,
        1,
    )
    then = shop.sums(year, as_of=day(1, 10, 2026))
    assert (then["churn"], then["closing"], then["customers_churned"], then["customers_closing"]) == (-166_67, 0, 1, 0)


def test_a6_who_left_and_subscribes_again_is_reactivated(shop: Shop) -> None:
    assert shop.moved(syncalytics(shop))[4] == ("reactivation", Decimal(150))


def test_a7_the_sum_of_all_movements_is_the_mrr_at_every_instant(shop: Shop) -> None:
    whom = syncalytics(shop)
    moments = [day(1, 12), day(1, 20), day(2, 1), day(1, 11, 2026), day(3, 1, 2026)]
    expected = ["166.67", "226.67", "166.67", "0", "150"]
    assert [shop.mrr(at) for at in moments] == [Decimal(each) for each in expected]
    told = movements_of(shop.session, shop.cast.fiona, whom)
    for at in moments:
        assert sum(one.change.minor for one in told if one.effective_at <= at) == int(shop.mrr(at) * 100)


def test_a11_monthly_and_yearly_subscribers(shop: Shop) -> None:
    whom = shop.customer("A hundred and fifty")
    shop.sell(whom, 100_00, day(1, 2), quantity=100)
    shop.sell(whom, 600_00, day(1, 2), quantity=50, period="annual")
    assert shop.mrr(day(1, 3)) == 12_500


def test_a17_a_trial_has_no_mrr(shop: Shop) -> None:
    request = LicenseRequest(user_id="try@out.test", tier="pro", trial_days=14)
    made = create_license(shop.session, shop.cast.sam, request, now=day(1, 2))
    assert shop.mrr(day(1, 3)) == 0
    assert shop.moved(made.organization_id) == []


def test_a19_a_second_subscription_that_ends(shop: Shop) -> None:
    whom = shop.customer("Two")
    shop.sell(whom, 100_00, midnight(date(2025, 1, 1)))
    second = shop.sell(whom, 100_00, midnight(date(2025, 2, 1)))
    shop.end(second, midnight(date(2025, 3, 1)))
    assert [shop.mrr(day(month, 15)) for month in (1, 2, 3)] == [100, 200, 100]


def test_a21_every_three_months(shop: Shop) -> None:
    shop.sell(shop.customer("Quarterly"), 300_00, day(1, 2), period="quarterly")
    assert shop.mrr(day(1, 3)) == 100


def test_a27_mrr_is_at_the_rate_of_the_service_start(shop: Shop) -> None:
    for on, rate in ((1, "1.20"), (10, "1.50")):
        add_rate(shop.session, shop.cast.adam, "GBP", date(2025, 9, on), Decimal(rate), "central bank", now=day(8, 1))
    shop.sell(shop.customer("British"), 100_00, midnight(date(2025, 9, 1)), currency="GBP")
    september = shop.sums(month_of(day(9, 1)), as_of=day(10, 1))
    assert (september["new"], september["exchange"], september["closing"]) == (120_00, 30_00, 150_00)


def test_a29_two_subscriptions_canceled_together(shop: Shop) -> None:
    whom = shop.customer("Both")
    first, second = shop.sell(whom, 100_00, day(1, 2)), shop.sell(whom, 50_00, day(1, 2))
    shop.end(first, day(2, 2))
    shop.end(second, day(2, 2))
    assert shop.moved(whom)[2:] == [("contraction", Decimal(-100)), ("churn", Decimal(-50))]
    assert shop.sums(month_of(day(2, 2)), as_of=day(3, 1))["customers_churned"] == 1


def test_a31_who_comes_and_leaves_within_a_month_is_new_and_churned(shop: Shop) -> None:
    whom = shop.customer("December")
    shop.end(shop.sell(whom, 100_00, day(12, 5)), day(12, 20))
    found = shop.sums(month_of(day(12, 5)), as_of=day(1, 1, 2026))
    assert (found["new"], found["churn"], found["customers_new"], found["customers_churned"]) == (
        100_00,
        -100_00,
        1,
        1,
    )
    assert (found["opening"], found["closing"]) == (0, 0)


def test_a33_a_subscription_counts_on_every_day_and_a_month_by_its_last(shop: Shop) -> None:
    sold = shop.sell(shop.customer("Daily"), 100_00, midnight(date(2025, 3, 29)))
    shop.end(sold, midnight(date(2025, 4, 30)))
    first = midnight(date(2025, 3, 29))
    assert {shop.mrr(first + n * DAY) for n in range(32)} == {100}
    assert shop.mrr(first - DAY) == shop.mrr(first + 32 * DAY) == 0
    assert shop.sums(month_of(first), as_of=day(6, 1))["closing"] == 100_00
    assert shop.sums(month_of(day(4, 15)), as_of=day(6, 1))["closing"] == 0
