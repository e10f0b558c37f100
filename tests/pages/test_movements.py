"""The drill: rows of the ledger and subscriptions that add up to the figure they were opened from."""

import re
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from pages.parts import format as say
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.ledger_made import Ledger, make_ledger


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Ledger:
    """Return the ledger of this module."""
    return make_ledger(databases, cast, clock.now())


@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_movements_add_up_to_net_new(as_person: AsPerson, made: Ledger, name: str) -> None:
    app = as_person(name, "movements", to=say.month(made.last_month))
    assert not app.exception
    rows = app.dataframe[0].value
    assert list(rows["customer"]) == ["Umbrella", "Vandelay", "Hooli"]
    assert sum(rows["reported"]) == Decimal(400)
    assert re.search(r"Net new MRR from .* to .*: \*\*\+\$400.00\*\*", words(app))
    assert list(rows["tier"])[2] == "Basic → Pro"
    assert list(rows["reason"])[1] == "They went bankrupt."


def test_one_kind_is_what_its_row_on_revenue_says(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "movements", to=say.month(made.last_month), kind="Churn")
    rows = app.dataframe[0].value
    assert [list(rows["customer"]), sum(rows["reported"])] == [["Vandelay"], Decimal(-99)]
    assert "MRR of churn from" in words(app)


def test_of_a_tier_what_moved_along_counts(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "movements", to=say.month(made.last_month), tier="Pro")
    # Hooli brought the 99 it paid on Basic along, and pays 400 more.
    assert "+$499.00" in words(app)
    assert sum(app.dataframe[0].value["reported"]) == Decimal(499)


def test_of_a_product_its_share_counts(as_person: AsPerson, made: Ledger) -> None:
    said = words(as_person("fiona", "subscriptions", product="POS"))
    assert "the sum counts this product's share of each" in said
    # 100 of the 400 that Pro's products cost alone, and 100 of Basic's 200.
    assert "MRR now of 3 customers: **$299.00**" in said


def test_one_customer_alone(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "movements", over="12 months", customer=str(made.grown))
    assert list(app.dataframe[0].value["customer"]) == ["Hooli"]
    assert "Only Hooli" in words(app)
    assert any(button.label == "Show all customers" for button in app.button)


def test_a_time_without_movements_says_so(as_person: AsPerson, made: Ledger) -> None:
    assert "Nothing moved" in words(as_person("fiona", "movements"))


def test_a_malformed_customer_is_refused_in_a_sentence(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "movements", customer="1 or 1=1")
    assert not app.exception
    assert "no id of a customer" in app.error[0].value


@pytest.mark.parametrize("where", [{}, {"tier": "Pro"}, {"country": "Germany"}, {"segment": "Not known"}])
def test_subscriptions_add_up_to_mrr(as_person: AsPerson, made: Ledger, where: dict[str, str]) -> None:
    app = as_person("sam", "subscriptions", at=say.month(made.begun), **where)
    assert not app.exception
    total = sum(app.dataframe[0].value["mrr"])
    assert say.money(int(total * 100), "USD") in words(app)


def test_subscriptions_stand_as_they_did_in_the_past(as_person: AsPerson, made: Ledger) -> None:
    then = as_person("fiona", "subscriptions", at=say.month(made.begun)).dataframe[0].value
    assert set(then["customer"]) == {"Initech *Labs*", "Hooli", "Vandelay"}
    now = as_person("fiona", "subscriptions").dataframe[0].value
    assert set(now["customer"]) == {"Initech *Labs*", "Hooli", "Umbrella"}
    assert now["agreed"].iloc[0] == "$99.00 a month"


@pytest.mark.parametrize("name", ["mia", "vera"])
def test_who_may_not_see_money_is_refused(signed_in: SignedInAs, made: Ledger, name: str) -> None:
    signed_in(name)
    for page in (_movements, _subscriptions):
        app = AppTest.from_function(page, default_timeout=30).run()
        assert "may not see revenue, subscriptions and invoices" in app.error[0].value
        assert not app.dataframe


def _movements() -> None:
    from pages.finance import movements

    movements.page()


def _subscriptions() -> None:
    from pages.finance import subscriptions

    subscriptions.page()
