"""The Culture profile as the cast see it: choosing a customer, the profile, what is missing, and who may what."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.audit_reads import Search, search
from core.accounts.requests import Created
from core.databases import Databases
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.acme import license_for, make_acme
from tests.pages.conftest import AsPerson, words

STAFF = ("fiona", "adam", "sam", "mia", "vera")


@pytest.fixture(scope="module")
def acme(databases: Databases, cast: Cast) -> Created:
    """Return Acme, which has reported for five weeks."""
    return make_acme(databases, cast, clock.now())


@pytest.fixture(scope="module")
def silent(databases: Databases, cast: Cast) -> Created:
    """Return a customer whose installation has never reported."""
    return license_for(databases, cast, "Quiet Ltd", "pro", clock.now())


@pytest.mark.parametrize("name", STAFF)
def test_everybody_of_the_vendor_sees_the_profile(as_person: AsPerson, acme: Created, name: str) -> None:
    app = as_person(name, "culture", install_id=acme.install_id)
    assert not app.exception
    assert app.title[0].value == "Acme GmbH"
    said = words(app)
    assert "Office team" in said or "Broad adopter" in said
    assert "3 people were refused Crypto" in said
    assert "Upgrade to Pro" in said


def test_only_those_who_see_money_see_what_an_opportunity_is_worth(as_person: AsPerson, acme: Created) -> None:
    assert "Expected value" in words(as_person("sam", "culture", install_id=acme.install_id))
    for name in ("mia", "vera"):
        said = words(as_person(name, "culture", install_id=acme.install_id))
        assert "Expected value **" not in said
        assert "USD" not in said


def test_every_number_of_a_card_says_what_it_stands_on(as_person: AsPerson, acme: Created) -> None:
    app = as_person("fiona", "culture", install_id=acme.install_id)
    rows = [row for table in app.table for row in table.value.to_dict("records") if "Stands on" in row]
    assert len(rows) > 15
    assert all(row["Stands on"].strip(":gray[]") for row in rows)


def test_the_three_layers_stand_apart(as_person: AsPerson, acme: Created) -> None:
    app = as_person("fiona", "culture", install_id=acme.install_id)
    layers = {each.proto.popover.label.partition(": ")[2] for each in app.get("popover") if "badge" in str(each.proto)}
    assert {"Observed]", "Inferred]", "Judged]"} <= layers


def _offered(app: AppTest) -> set[str]:
    """Return the names on the cards."""
    return {each.label.strip("*") for each in app.button if str(each.key).startswith("open-")}


def test_without_an_install_id_the_customers_are_offered_and_lead_to_their_profile(
    as_person: AsPerson, acme: Created, silent: Created
) -> None:
    app = as_person("vera", "culture")
    assert not app.exception
    assert app.title[0].value == "Culture profile"
    assert _offered(app) == {"Acme GmbH", "Quiet Ltd"}
    app.button(key=f"open-{acme.install_id}").click().run()
    assert app.title[0].value == "Acme GmbH"
    assert app.query_params["install_id"] == acme.install_id
    app.button(key="another").click().run()
    assert app.title[0].value == "Culture profile"


def test_the_customers_offered_can_be_searched(as_person: AsPerson, acme: Created, silent: Created) -> None:
    assert _offered(as_person("vera", "culture", q="quiet")) == {"Quiet Ltd"}
    assert "No customer is called that" in words(as_person("vera", "culture", q="nobody of that name"))


def test_an_unknown_install_id_is_told_and_leads_to_the_customers(as_person: AsPerson, acme: Created) -> None:
    app = as_person("fiona", "culture", install_id="inst-unknown")
    assert "No customer has the install id" in words(app)
    assert "Acme GmbH" in _offered(app)


def test_without_telemetry_it_says_so_and_what_to_do(as_person: AsPerson, silent: Created) -> None:
    app = as_person("fiona", "culture", install_id=silent.install_id)
    assert not app.exception
    assert "No telemetry has arrived yet" in words(app)
    codes = [each.value for each in app.code]
    assert f"python manage.py telemetry sample {silent.install_id}" in codes


def test_recompute_is_for_those_who_may_and_is_audited(
    as_person: AsPerson, databases: Databases, cast: Cast, acme: Created
) -> None:
    for name in ("mia", "vera"):
        keys = [each.key for each in as_person(name, "culture", install_id=acme.install_id).button]
        assert "recompute" not in keys
    app = as_person("sam", "culture", install_id=acme.install_id)
    app.button(key="recompute").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        found = search(session, cast.fiona, None, Search(action="culture.recomputed"), limit=5)
    assert [entry.actor_label for entry in found.entries] == ["sam@calos.test"]


def test_otto_sees_his_portal_and_nothing_of_it(as_person: AsPerson, acme: Created) -> None:
    app = as_person("otto", "culture", install_id=acme.install_id)
    assert [each.value for each in app.title] == ["Your portal"]
    assert "Acme" not in words(app)
