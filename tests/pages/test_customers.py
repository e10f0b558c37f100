"""The customer list as the cast see it: rows and columns by permission, narrowed by the address, told when it fails."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from tests.cast import Cast
from tests.pages.conftest import AsPerson, words
from tests.pages.customers_made import Made, make_customers

STAFF = ("fiona", "adam", "sam", "mia", "vera")
SEES_MONEY = {"fiona", "adam", "sam"}


@pytest.fixture(scope="module", autouse=True)
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module."""
    return make_customers(databases, cast, clock.now())


def names(app: AppTest) -> list[str]:
    return list(app.dataframe[0].value["name"]) if app.dataframe else []


@pytest.mark.parametrize("name", STAFF)
def test_staff_see_every_customer_and_money_by_permission(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "customers")
    assert not app.exception
    assert sorted(names(app)) == ["Initech", "Nova Bank", "Oscorp *Labs*"]
    assert ("$598 MRR together" in words(app)) == (name in SEES_MONEY)
    shown = app.dataframe[0].proto.columns
    assert ('"MRR"' in shown) == (name in SEES_MONEY)
    assert [button.key for button in app.button].count("issue") == (1 if name in SEES_MONEY else 0)


def test_the_highest_payer_comes_first_and_without_money_the_alphabet(as_person: AsPerson) -> None:
    assert names(as_person("sam", "customers"))[:2] == ["Initech", "Oscorp *Labs*"]
    assert names(as_person("mia", "customers"))[:2] == ["Initech", "Nova Bank"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"show": "Trial"}, ["Nova Bank"]),
        ({"show": "Suspended"}, ["Oscorp *Labs*"]),
        ({"tier": "Pro"}, ["Initech"]),
        ({"q": "bank"}, ["Nova Bank"]),
        ({"sort": "Name"}, ["Initech", "Nova Bank", "Oscorp *Labs*"]),
        ({"show": "Trial", "tier": "Pro"}, []),
    ],
)
def test_the_address_narrows_the_list(as_person: AsPerson, query: dict[str, str], expected: list[str]) -> None:
    app = as_person("fiona", "customers", **query)
    assert not app.exception
    assert names(app) == expected


def test_a_status_says_trial_while_one_runs(as_person: AsPerson) -> None:
    frame = as_person("fiona", "customers", sort="Name").dataframe[0].value
    assert [list(cell) for cell in frame["status"]] == [["Active"], ["Trial"], ["Suspended"]]


def test_nothing_found_leads_back_to_everything(as_person: AsPerson) -> None:
    app = as_person("vera", "customers", q="zzz", show="Trial")
    assert "No customer matches" in words(app)
    app.button(key="clear-filters").click().run()
    assert len(names(app)) == 3


def test_a_customers_people_do_not_reach_it(as_person: AsPerson) -> None:
    app = as_person("otto", "customers")
    assert [title.value for title in app.title] == ["Your portal"]
    assert not app.dataframe


@pytest.fixture
def without_cards(databases: Databases) -> Iterator[None]:
    """Take away a table, as if this version's migration had not been run."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("ALTER TABLE customer_card RENAME TO customer_card_of_another_version")
        yield
        owner.execute("ALTER TABLE customer_card_of_another_version RENAME TO customer_card")


@pytest.mark.usefixtures("without_cards")
def test_a_list_that_cannot_load_says_why_and_what_mends_it(as_person: AsPerson) -> None:
    app = as_person("fiona", "customers")
    assert not app.exception
    said = app.error[0].value
    assert said.startswith("Failed to load customers.")
    assert "python manage.py migrate" in said
    assert "scripts/setup-enterprise.sh" in said
