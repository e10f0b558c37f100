"""Finance over HTTP: the eight figures worked by hand, the rows behind them by pages and filters, and who sees them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from api import financial
from core.accounts.cards import refresh_card
from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.config import Settings
from core.databases import Databases
from core.finance.booking import book_cash, book_costs
from core.finance.entries import CashCategory, NewCash, NewCost
from core.money import Money
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.core.finance.shop import Shop, day

AS_OF = "asOf=2025-07-15"
CASH: tuple[tuple[CashCategory, int, int], ...] = (
    ("opening", 1, 10_000_00),
    ("marketing", 2, -1_000_00),
    ("payroll", 4, -300_00),
    ("payroll", 5, -300_00),
    ("payroll", 6, -300_00),
)


@dataclass(frozen=True)
class Books:
    """A database of this module's own, its people, and who holds a license that a card knows."""

    databases: Databases
    cast: Cast
    licensed: UUID
    install_id: str

    def as_(self, who: str) -> TestClient:
        """Return a client signed in as somebody of the cast."""
        return signed_in(self.databases, getattr(self.cast, who), financial)

    def get(self, path: str, who: str = "fiona") -> Any:
        """Return an answer that is none of an error."""
        answer = self.as_(who).get(f"/financial/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def empty(test_settings: Settings) -> Iterator[Books]:
    with own_databases(test_settings) as databases:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, NOW)
        yield Books(databases, cast, cast.globex, "")


@pytest.fixture(scope="module")
def books(test_settings: Settings) -> Iterator[Books]:
    """Yield the half year in which five come at $100, one leaves in June, and one comes in July at $200."""
    with own_databases(test_settings) as databases:
        with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
            cast = make_cast(session, NOW)
            shop = Shop(session, cast, day(1, 1))
            sold = [
                shop.sell(shop.customer(f"Customer {number}"), 100_00, day(1, 2) + timedelta(minutes=number))
                for number in range(5)
            ]
            shop.end(sold[0], day(6, 10))
            request = LicenseRequest(
                user_id=str(cast.globex), tier="pro", amount=Money(200_00, "USD"), billing_period="monthly"
            )
            made = create_license(session, cast.sam, request, now=day(7, 5))
            refresh_card(session, telemetry, cast.globex, now=NOW)
            spent = [
                NewCash(date(2025, month, 20 if month > 1 else 1), kind, Money(minor, "USD"))
                for kind, month, minor in CASH
            ]
            book_cash(session, cast.adam, spent, now=NOW)
            book_costs(session, cast.adam, [NewCost(date(2025, 3, 3), "compute", Money(580_00, "USD"))], now=NOW)
        yield Books(databases, cast, made.organization_id, made.install_id)


def test_the_eight_figures(books: Books) -> None:
    """Churn is 1 of 25 customer months: LTV = 120 x 0.8 / 0.04; 8,100 last 27 months at 300 a month."""
    told = books.get(f"metrics?{AS_OF}")
    assert told.pop("asOf").startswith("2025-07-15T23:59:59")
    moved, policy = told.pop("movements"), told.pop("policy")
    assert (policy["version"], policy["settings"]["coupons"]) == (1, "as_invoiced")
    assert (moved["from"], moved["to"], moved["new"]["minor"]) == ("2025-07-01", "2025-07-15", 200_00)
    assert told == {
        "mrr": {"minor": 600_00, "currency": "USD"},
        "arr": {"minor": 7_200_00, "currency": "USD"},
        "ltv": {"minor": 2_400_00, "currency": "USD"},
        "cac": {"minor": 200_00, "currency": "USD"},
        "churnRate": "0.2",
        "growthRate": "-0.2",
        "runway": "27",
        "grossMargin": "0.8",
        "reasons": {},
    }


def test_figures_of_some_days_and_of_one_segment(books: Books) -> None:
    told = books.get(f"metrics?{AS_OF}&from=2025-06-01&to=2025-06-30")
    moved = {name: one["minor"] for name, one in told["movements"].items() if isinstance(one, dict)}
    assert moved["opening"] + moved["churn"] == moved["closing"] == 400_00
    assert told["movements"]["customersChurned"] == 1
    assert told["churnRate"] == "0.2"
    nobody = books.get(f"metrics?{AS_OF}&segment=Nobody")
    assert (nobody["mrr"]["minor"], nobody["ltv"], nobody["runway"], nobody["churnRate"]) == (0, None, None, None)
    assert nobody["reasons"]["ltv"] == "LTV is known of all customers together alone"
    answer = books.as_("fiona").get(f"/financial/metrics?{AS_OF}&from=2025-07-01&to=2025-06-01")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_figures_of_the_past_know_nothing_of_the_future(books: Books) -> None:
    told = books.get("metrics?asOf=2025-03-20")
    assert told["mrr"] == {"minor": 500_00, "currency": "USD"}
    assert (told["churnRate"], told["growthRate"]) == ("0", "0")
    # Only February is booked by then: 1,000 went out, 9,000 are left.
    assert (told["cac"], told["runway"]) == ({"minor": 200_00, "currency": "USD"}, "9")
    assert (told["ltv"], told["grossMargin"]) == (None, None)
    assert set(told["reasons"]) == {"ltv", "grossMargin"}


def test_what_is_not_defined_is_null_with_its_reason(empty: Books) -> None:
    told = empty.get("metrics")
    assert (told["mrr"], told["arr"]) == ({"minor": 0, "currency": "USD"},) * 2
    undefined = {name for name, value in told.items() if value is None}
    assert undefined == {"ltv", "cac", "churnRate", "growthRate", "runway", "grossMargin"} == set(told["reasons"])
    assert all(told["reasons"].values())


def test_movements_newest_first_and_by_pages(books: Books) -> None:
    whole = books.get("movements")["movements"]
    assert [one["kind"] for one in whole] == ["new", "churn", *["new"] * 5]
    newest = whole[0]
    assert (newest["installId"], newest["organizationId"]) == (books.install_id, str(books.licensed))
    assert (newest["customer"], newest["tier"], newest["fromTier"]) == ("Globex", "pro", None)
    assert newest["change"] == newest["reported"] == {"minor": 200_00, "currency": "USD"}
    assert whole[1]["change"] == {"minor": -100_00, "currency": "USD"}
    assert whole[1]["installId"] is None
    walked, cursor = [], ""
    while True:
        page = books.get(f"movements?limit=3{cursor}")
        walked += page["movements"]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert walked == whole


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("kind=churn", 1),
        ("tier=pro", 1),
        ("tier=basic&kind=new", 5),
        ("country=DE", 1),
        ("country=de", 1),
        ("product=crypto", 1),
        ("segment=Retail", 0),
        ("from=2025-06-10", 2),
        ("to=2025-06-10", 6),
        ("from=2025-06-10&to=2025-06-10", 1),
        ("to=9999-12-31", 7),
        ("asOf=2025-06-09", 5),
        ("asOf=2025-06-09&from=2025-07-01", 0),
    ],
)
def test_movements_are_narrowed(books: Books, query: str, count: int) -> None:
    assert len(books.get(f"movements?{query}")["movements"]) == count


def test_movements_of_one_customer(books: Books) -> None:
    found = books.get(f"movements?customer={books.licensed}")["movements"]
    assert [one["organizationId"] for one in found] == [str(books.licensed)]


def test_subscriptions_are_what_mrr_is_made_of(books: Books) -> None:
    whole = books.get(f"subscriptions?{AS_OF}")["subscriptions"]
    assert sum(one["reported"]["minor"] for one in whole) == books.get(f"metrics?{AS_OF}")["mrr"]["minor"]
    assert [one["customer"] for one in whole] == ["Globex", "Customer 4", "Customer 3", "Customer 2", "Customer 1"]
    assert (whole[0]["installId"], whole[0]["tier"], whole[0]["billingPeriod"]) == (books.install_id, "pro", "monthly")
    assert whole[0]["mrr"] == whole[0]["amount"] == {"minor": 200_00, "currency": "USD"}
    before = books.get("subscriptions?asOf=2025-06-09")["subscriptions"]
    assert len(before) == 5
    first = books.get(f"subscriptions?{AS_OF}&limit=2")
    rest = books.get(f"subscriptions?{AS_OF}&limit=200&cursor={first['nextCursor']}")
    assert first["subscriptions"] + rest["subscriptions"] == whole
    assert rest["nextCursor"] is None


@pytest.mark.parametrize(("query", "count"), [("tier=pro", 1), ("product=sales", 1), ("country=FR", 0)])
def test_subscriptions_are_narrowed(books: Books, query: str, count: int) -> None:
    assert len(books.get(f"subscriptions?{AS_OF}&{query}")["subscriptions"]) == count


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("movements?kind=gift", 422),
        ("movements?tier=platinum", 422),
        ("movements?customer=me", 422),
        ("movements?country=Germany", 422),
        ("movements?from=2025-06-10&to=2025-06-09", 422),
        ("movements?from=1749513600", 422),
        ("movements?limit=0", 422),
        ("movements?limit=201", 422),
        ("movements?cursor=made-up", 422),
        ("movements?cursor=WyJub3cgMSJd", 422),
        ("movements?cursor=WzFd", 422),
        ("movements?cursor=WyIyMDI1LTAxLTAxIDk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTkiXQ==", 422),
        ("subscriptions?cursor=WyIyMDI1LTAxLTAxIDEiXQ==", 422),
        ("metrics?month=1", 422),
    ],
)
def test_what_can_not_be_asked(books: Books, path: str, status: int) -> None:
    answer = books.as_("fiona").get(f"/financial/{path}")
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["metrics", "movements", "movements?tier=platinum", "subscriptions"])
def test_only_who_reads_finance_sees_it(books: Books, path: str) -> None:
    for who in ("fiona", "adam", "sam"):
        if "platinum" not in path:
            assert books.as_(who).get(f"/financial/{path}").status_code == 200
    for who in ("mia", "vera", "otto"):
        assert books.as_(who).get(f"/financial/{path}").status_code == 403


def test_a_day_is_looked_at_as_a_whole(books: Books) -> None:
    assert datetime.fromisoformat(books.get("metrics?asOf=2025-01-02")["asOf"]).astimezone(UTC).hour == 23
    assert books.get("metrics?asOf=2025-01-02")["mrr"]["minor"] == 500_00
    assert books.get("metrics?asOf=2025-01-01")["mrr"]["minor"] == 0


@pytest.mark.parametrize("path", ["metrics", "movements", "subscriptions"])
def test_before_there_were_books_there_was_nothing(books: Books, path: str) -> None:
    told = books.get(f"{path}?asOf=0001-01-01")
    assert told["mrr"]["minor"] == 0 if path == "metrics" else told[path] == []
    assert books.as_("fiona").get(f"/financial/{path}?asOf=1.7e-152").status_code == 422


def test_collections_say_what_nobody_has_invoiced(books: Books) -> None:
    said = books.get(f"collections?{AS_OF}&from=2025-07-01&to=2025-07-15")
    [dollars] = said["sums"]
    amounts = {name: dollars[name]["minor"] for name in ("promised", "invoiced", "paid")}
    assert amounts["promised"] > 0
    assert (amounts["invoiced"], amounts["paid"]) == (0, 0)
    assert dollars["parts"]["notBilled"]["minor"] == -amounts["promised"]
    assert sum(one["promised"]["minor"] for one in said["customers"]) == amounts["promised"]
    assert said["lines"] is None
    whose = said["customers"][0]["organizationId"]
    assert books.get(f"collections?{AS_OF}&from=2025-07-01&customer={whose}")["lines"] == []


def test_collections_are_not_for_who_may_not_read_money(books: Books) -> None:
    for who in ("mia", "otto"):
        assert books.as_(who).get("/financial/collections").status_code == 403
