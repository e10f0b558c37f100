"""Cultures as the cast see it: kinds with their size and money, who moved, features, and who resembles whom."""

from datetime import timedelta

import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.requests import Created
from core.databases import Databases
from db.models.culture import archetype_spell
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.acme import license_for, make_acme
from tests.pages.conftest import AsPerson, words

STAFF = ("fiona", "adam", "sam", "mia", "vera")


@pytest.fixture(scope="module")
def nothing_yet(databases: Databases, cast: Cast) -> None:
    """Ask for the database before there is any customer in it."""


@pytest.fixture(scope="module")
def acme(databases: Databases, cast: Cast) -> Created:
    """Return Acme, which was an office team 60 days ago, beside a customer without telemetry."""
    now = clock.now()
    license_for(databases, cast, "Silent Inc", "pro", now)
    made = make_acme(databases, cast, now)
    first_day = (now - timedelta(days=60)).date()
    with databases.control.write(SYSTEM) as session:
        values = {"organization_id": made.organization_id, "archetype": "always_on"}
        session.execute(insert(archetype_spell).values(install_id=made.install_id, first_day=first_day, **values))
    return made


def _table(app: AppTest, column: str) -> list[dict[str, object]]:
    tables = [table.value for table in app.dataframe if column in table.value]
    return [{str(name): cell for name, cell in row.items()} for table in tables for row in table.to_dict("records")]


def test_without_customers_it_says_what_to_do(as_person: AsPerson, nothing_yet: None) -> None:
    app = as_person("vera", "cultures")
    assert not app.exception
    assert "No customer is in force" in words(app)


@pytest.mark.parametrize("name", STAFF)
def test_everybody_of_the_vendor_sees_the_kinds(as_person: AsPerson, acme: Created, name: str) -> None:
    app = as_person(name, "cultures")
    assert not app.exception
    rows = {str(row["name"]): row for row in _table(app, "risk")}
    assert rows["Office team"]["customers"] == 1
    assert rows["Not known yet"]["customers"] == 1
    sees_money = name in {"fiona", "adam", "sam"}
    assert ('"MRR"' in app.dataframe[0].proto.columns) == sees_money
    assert "1 of 2 customers in force (50%)" in words(app)


def test_who_moved_is_named_with_then_and_now(as_person: AsPerson, acme: Created) -> None:
    said = words(as_person("vera", "cultures"))
    assert "1 customer moved to another kind within 28 days" in said
    assert "Acme GmbH" in said
    assert "Always-on automation → :gray[**Office team**]" in said


def test_kinds_of_few_customers_show_no_shares(as_person: AsPerson, acme: Created) -> None:
    assert "No kind has 5 customers yet" in words(as_person("vera", "cultures"))


def test_peers_are_found_by_name_and_their_lack_is_said(as_person: AsPerson, acme: Created) -> None:
    assert "Nobody shares a feature with Acme GmbH, Office team yet" in words(as_person("sam", "cultures", like="acme"))
    silent = words(as_person("sam", "cultures", like="silent"))
    assert "Nobody shares a feature with Silent Inc" in silent or "has no culture profile yet" in silent
    assert "No customer is called that" in words(as_person("sam", "cultures", like="zzz"))


def test_a_kind_opens_its_customers(as_person: AsPerson, acme: Created) -> None:
    app = as_person("sam", "customers", archetype="Office team", show="In force")
    assert not app.exception
    assert list(app.dataframe[0].value["name"]) == ["Acme GmbH"]
    assert "1 of 2 customers" in words(app)


def test_otto_sees_nothing_of_it(as_person: AsPerson, acme: Created) -> None:
    app = as_person("otto", "cultures")
    assert "Cultures" not in [each.value for each in app.title]
    assert "Acme" not in words(app)
    assert not app.dataframe
