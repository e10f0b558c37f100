"""Unit economics and margins from small books whose every figure can be worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from core.billing.writes import end_subscription
from core.errors import InvalidInput, NotPermitted
from core.finance.booking import book_cash, book_costs
from core.finance.economics import MEASURES, economics_facts, tier_economics
from core.finance.entries import NewCash, NewCost, amount_given
from core.finance.margins import cost_months, driver, margin_months, margins
from core.finance.plans import plans
from core.finance.writes import record_movement
from core.metrics.catalog import METRICS
from core.metrics.metric import Undefined
from core.metrics.sums import sums_of
from core.money import Money
from core.organizations.writes import create_organization
from core.periods import month_of, months_until
from db.session import WriteSession
from tests.books import subscribe
from tests.cast import Cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OCTOBER = month_of(datetime(2026, 10, 1, tzinfo=UTC))


class Books:
    """Three customers on Basic ($99): Early from April, who leaves in August; First and Second from July."""

    def __init__(self, session: WriteSession, cast: Cast) -> None:
        self.session, self.cast = session, cast
        self.early = self.joins("Early", datetime(2026, 4, 10, tzinfo=UTC), leaves=datetime(2026, 8, 10, tzinfo=UTC))
        self.first, self.second = (
            self.joins(name, datetime(2026, 7, day, tzinfo=UTC)) for name, day in (("First", 5), ("Second", 6))
        )

    def joins(self, name: str, at: datetime, *, leaves: datetime | None = None, tier: str = "basic") -> UUID:
        """Let a customer begin to pay, and stop."""
        made = create_organization(self.session, self.cast.system, name, now=at)
        paid = subscribe(self.session, self.cast.sam, made, tier, at)
        record_movement(self.session, self.cast.sam, None, paid, now=at)
        if leaves is not None:
            end_subscription(self.session, self.cast.fiona, paid, now=leaves)
            record_movement(self.session, self.cast.sam, paid, None, now=leaves)
        return made

    def cost(self, dollars: int, whose: UUID | None, *, day: date = date(2026, 10, 31), product: str = "pos") -> None:
        """Book what serving cost."""
        book_costs(
            self.session,
            self.cast.adam,
            [NewCost(day, "compute", Money(100 * dollars, "USD"), whose, product)],
            now=NOW,
        )


@pytest.fixture
def books(session: WriteSession, cast: Cast) -> Books:
    """Return the books."""
    return Books(session, cast)


def test_the_sums_are_of_six_whole_months(books: Books) -> None:
    spend = [
        NewCash(date(2026, 10, 5), "sales", Money(-30_000, "USD")),
        NewCash(date(2026, 9, 5), "marketing", Money(-20_000, "USD")),
        NewCash(date(2026, 9, 6), "marketing", Money(5_000, "USD"), note="A refund"),
        NewCash(date(2026, 4, 30), "sales", Money(-99_999, "USD"), note="Too early"),
        NewCash(date(2026, 11, 2), "sales", Money(-99_999, "USD"), note="Not over"),
        NewCash(date(2026, 10, 6), "receipts", Money(10_000, "USD")),
        NewCash(date(2026, 10, 7), "financing", Money(900_000, "USD")),
    ]
    book_cash(books.session, books.cast.adam, spend, now=NOW)
    books.cost(100, books.first)
    books.cost(9, books.first, day=date(2026, 11, 1))
    [row] = economics_facts(books.session, books.cast.sam, [month_of(NOW)], as_of=NOW).to_dict("records")
    # May to October: Early pays until July's end, First and Second from July on.
    assert {name: row[name] for name in MEASURES} == {
        "mrr": 19_800,
        "customers": 2,
        "revenue": 9_900 * (1 + 1 + 3 + 2 + 2 + 2),
        "cost": 10_000,
        "acquisition": 45_000,
        "new_customers": 2,
        "opening_months": 1 + 1 + 1 + 3 + 2 + 2,
        "churned": 1,
        "net_burn": 45_000 - 10_000,
        "net_new_arr": 12 * (2 - 1) * 9_900,
    }
    sums = sums_of(row)
    assert METRICS["cac"].of(sums) == 22_500
    assert METRICS["gross_margin"].of(sums) == 1 - Decimal(10_000) / 108_900
    assert METRICS["burn_multiple"].of(sums) == Decimal(35_000) / 118_800


def test_a_month_that_is_over_is_read_at_its_end(books: Books) -> None:
    months = months_until(NOW, 4)
    found = economics_facts(books.session, books.cast.sam, months, as_of=NOW)
    assert found["customers"].tolist() == [2, 2, 2, 2]
    assert found["churned"].tolist() == [1, 1, 1, 1]
    earlier = economics_facts(books.session, books.cast.sam, months_until(NOW, 5)[:1], as_of=NOW)
    assert earlier[["customers", "churned"]].iloc[0].tolist() == [3, 0]


def test_what_is_not_defined_is_undefined(session: WriteSession, cast: Cast) -> None:
    [row] = economics_facts(session, cast.sam, [month_of(NOW)], as_of=NOW).to_dict("records")
    for name in ("gross_margin", "cac", "ltv", "ltv_to_cac", "payback", "burn_multiple"):
        assert isinstance(METRICS[name].of(sums_of(row)), Undefined), name


def test_economics_have_no_dimensions_and_are_not_for_everybody(session: WriteSession, cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="as a whole"):
        economics_facts(session, cast.sam, [month_of(NOW)], by=("tier",), as_of=NOW)
    for actor in (cast.mia, cast.vera, cast.otto):
        for read in (
            lambda who: economics_facts(session, who, [OCTOBER], as_of=NOW),
            lambda who: plans(session, who, NOW),
        ):
            with pytest.raises(NotPermitted):
                read(actor)


def test_tiers_add_up_to_the_whole(books: Books) -> None:
    books.joins("Large", datetime(2026, 9, 1, tzinfo=UTC), tier="pro")
    books.cost(40, books.first)
    whole = economics_facts(books.session, books.cast.sam, [month_of(NOW)], as_of=NOW).iloc[0]
    tiers = tier_economics(books.session, books.cast.sam, as_of=NOW)
    assert tiers["tier"].tolist() == ["pro", "basic"]
    for name in ("mrr", "customers", "revenue", "cost", "new_customers", "opening_months", "churned"):
        assert tiers[name].sum() == whole[name], name


def test_margins_put_who_costs_more_than_they_bring_first(books: Books) -> None:
    books.cost(150, books.first)
    books.cost(20, books.second)
    books.cost(15, books.second, day=date(2026, 9, 30))
    books.cost(30, None)
    found = margins(books.session, books.cast.sam, OCTOBER, "customer", as_of=NOW)
    assert [(each.name, each.left.minor, each.before.minor, each.tier) for each in found] == [
        ("First", -5_100, 0, "basic"),
        ("Shared by all", -3_000, 0, None),
        ("Second", 7_900, 1_500, "basic"),
    ]
    assert [each.margin for each in found] == [Decimal(-5_100) / 9_900, None, Decimal(7_900) / 9_900]
    [row] = margin_months(books.session, books.cast.sam, [OCTOBER], as_of=NOW).to_dict("records")
    assert (row["mrr"], row["cost"], row["margin"]) == (19_800, 20_000, Decimal(-200) / 19_800)
    split = margins(books.session, books.cast.sam, OCTOBER, "product", as_of=NOW)
    assert sum(each.mrr.minor for each in split) == 19_800
    assert {each.key: each.cost.minor for each in split}["pos"] == 20_000


def test_the_driver_is_who_moved_the_kind_that_moved_most(books: Books) -> None:
    for day, first, second in ((date(2026, 9, 30), 40, 60), (date(2026, 10, 31), 76, 62)):
        books.cost(first, books.first, day=day, product="analytics")
        books.cost(second, books.second, day=day)
    found = driver(books.session, books.cast.sam, OCTOBER, as_of=NOW)
    assert found is not None
    assert (found.kind, found.customer, found.product_id) == ("compute", "First", "analytics")
    assert (found.before.minor, found.after.minor) == (4_000, 7_600)
    assert (found.growth, found.share) == (Decimal("0.38"), Decimal(36) / 38)
    months = cost_months(books.session, books.cast.sam, months_until(NOW, 3), "customer", as_of=NOW)
    assert months["cost"].sum() == 23_800


def test_noise_has_no_driver(books: Books) -> None:
    assert driver(books.session, books.cast.sam, OCTOBER, as_of=NOW) is None
    books.cost(100, books.first, day=date(2026, 9, 30))
    books.cost(104, books.first)
    assert driver(books.session, books.cast.sam, OCTOBER, as_of=NOW) is None


def test_costs_that_fell_have_a_driver_too(books: Books) -> None:
    for customer, before, after in ((books.first, 100, 20), (books.second, 10, 15)):
        books.cost(before, customer, day=date(2026, 9, 30))
        books.cost(after, customer)
    found = driver(books.session, books.cast.sam, OCTOBER, as_of=NOW)
    assert found is not None
    assert (found.customer, found.growth) == ("First", Decimal(35) / 110 - 1)
    assert found.share > 1


def test_plans_say_who_is_on_what(books: Books) -> None:
    found = {plan.tier.id: plan for plan in plans(books.session, books.cast.sam, NOW)}
    assert (found["basic"].customers, found["basic"].mrr) == (2, Money(19_800, "USD"))
    [terms] = found["basic"].terms
    assert (terms.billing_period, terms.currency, terms.customers, terms.mrr.minor) == ("monthly", "USD", 2, 19_800)
    assert (found["pro"].customers, found["pro"].terms) == (0, ())
    before = {plan.tier.id: plan for plan in plans(books.session, books.cast.sam, NOW - timedelta(days=120))}
    assert before["basic"].customers == 3
    assert {price.amount.minor for price in found["basic"].prices if price.amount.currency == "USD"} == {
        9_900, 29_700, 99_000
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,250.50", "USD", 125_050),
        (" 7 ", "EUR", 700),
        ("-3.1", "USD", -310),
        ("1200", "JPY", 1_200),
        ("1e3", "USD", 100_000),
    ],
)
def test_amounts_are_read_exactly(text: str, currency: str, minor: int) -> None:
    assert amount_given(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "USD"),
        ("ten", "USD"),
        ("1.005", "USD"),
        ("1.5", "JPY"),
        ("NaN", "USD"),
        ("inf", "EUR"),
        ("1e999999", "USD"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidInput, match="Give the amount as a number"):
        amount_given(text, currency)
