"""One customer as the cast see it: found by its address, whole for who may, and what can be done about it."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.reads import customer
from core.databases import Databases
from core.licensing.reads import License, license_by_install
from core.money import Money
from core.organizations.reads import organization_by_id
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.customers_made import Made, make_customers

STAFF = ("fiona", "adam", "sam", "mia", "vera")
SEES_MONEY = {"fiona", "adam", "sam"}


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module."""
    return make_customers(databases, cast, clock.now())


@pytest.mark.parametrize("name", STAFF)
def test_staff_see_the_whole_customer_and_money_by_permission(as_person: AsPerson, made: Made, name: str) -> None:
    app = as_person(name, "customer", install_id=made.paying.install_id)
    assert not app.exception
    assert app.title[0].value == "Initech"
    tiles = {metric.label: metric.value.replace("\\", "") for metric in app.metric}
    assert tiles["MRR"] == ("$499" if name in SEES_MONEY else "—")
    said = words(app)
    assert "Pro license issued, billed monthly" in said
    assert ("New business" in said) == (name in SEES_MONEY)
    assert "No telemetry yet" in said


@pytest.mark.parametrize(
    ("name", "acts"), [("fiona", True), ("adam", True), ("sam", True), ("mia", False), ("vera", False)]
)
def test_controls_are_those_of_the_role(as_person: AsPerson, made: Made, name: str, acts: bool) -> None:
    app = as_person(name, "customer", install_id=made.paying.install_id)
    keys = {button.key for button in app.button}
    assert ("change-tier" in keys) == (name in SEES_MONEY)
    assert (len(app.get("menu_button")) == 1) == acts
    assert ("save-notes" in keys) == (name != "vera")


def test_an_organization_finds_its_main_license(as_person: AsPerson, made: Made) -> None:
    app = as_person("mia", "customer", id=str(made.trial.organization_id))
    assert app.title[0].value == "Nova Bank"
    assert {metric.label: metric.value for metric in app.metric}["Trial ends"] != "—"
    assert [
        button.label
        for button in as_person("sam", "customer", id=str(made.trial.organization_id)).button
        if button.key == "change-tier"
    ] == ["Convert trial"]


@pytest.mark.parametrize("query", [{}, {"install_id": "nobody-s-install"}, {"id": "not-an-id"}])
def test_without_a_customer_it_offers_the_choice(as_person: AsPerson, made: Made, query: dict[str, str]) -> None:
    app = as_person("vera", "customer", **query)
    assert not app.exception
    assert app.title[0].value == "Customer"
    assert bool(app.warning) == bool(query)
    assert "Initech" in app.selectbox(key="picked-customer").options


def test_the_timeline_is_narrowed_by_kind(as_person: AsPerson, made: Made) -> None:
    app = as_person("fiona", "customer", install_id=made.suspended.install_id, kinds="License")
    said = words(app)
    assert "“three invoices unpaid”" in said
    assert "New business" not in said


def test_notes_are_kept(as_person: AsPerson, made: Made, databases: Databases, cast: Cast) -> None:
    app = as_person("mia", "customer", install_id=made.paying.install_id)
    key = f"notes-{made.paying.organization_id}"
    app.text_area(key=key).set_value("Ask for Peter, not Milton.").run()
    app.button(key="save-notes").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        assert (
            organization_by_id(session, cast.fiona, made.paying.organization_id).notes == "Ask for Peter, not Milton."
        )


def _act(install_id: str, act: str) -> None:
    from core.licensing.reads import license_by_install
    from core.licensing.transitions import Act
    from pages.customers import license_acts
    from pages.parts import session
    from pages.parts.load import load, minute

    actor = session.require_actor()
    license_acts.confirm(actor, load(license_by_install, actor, install_id, now=minute()), Act(act))


def _tier(install_id: str) -> None:
    from core.licensing.reads import license_by_install
    from pages.customers import tier_change
    from pages.parts import session
    from pages.parts.load import load, minute

    actor = session.require_actor()
    tier_change.body(actor, load(license_by_install, actor, install_id, now=minute()), "USD")


def _held(databases: Databases, cast: Cast, install_id: str) -> License:
    with databases.control.read(SYSTEM) as session:
        return license_by_install(session, cast.fiona, install_id, now=clock.now())


def test_a_revoke_names_what_it_stops_asks_why_and_shows_at_once(
    signed_in: SignedInAs, made: Made, databases: Databases, cast: Cast
) -> None:
    signed_in("adam")
    app = AppTest.from_function(_act, kwargs={"install_id": made.paying.install_id, "act": "revoked"}).run()
    assert "$499.00 of MRR" in words(app)
    assert app.code[0].value == made.paying.install_id
    app.button(key="act-confirm").click().run()
    assert "Say why" in app.error[0].value
    assert _held(databases, cast, made.paying.install_id).revoked_at is None
    app.text_area(key="act-reason").set_value("They went with Globex.").run()
    app.button(key="act-confirm").click().run()
    assert not app.exception
    assert _held(databases, cast, made.paying.install_id).revoke_reason == "They went with Globex."
    with databases.control.read(SYSTEM) as session:
        shown = customer(session, cast.fiona, made.paying.organization_id, now=clock.now())
    assert (shown.status, shown.mrr) == ("revoked", Money(0, "USD"))


def test_a_role_without_the_permission_is_refused_even_so(
    signed_in: SignedInAs, made: Made, databases: Databases, cast: Cast
) -> None:
    signed_in("mia")
    app = AppTest.from_function(_act, kwargs={"install_id": made.suspended.install_id, "act": "resumed"}).run()
    app.text_area(key="act-reason").set_value("because").run()
    app.button(key="act-confirm").click().run()
    assert "may not revoke, suspend and reinstate licenses" in app.error[0].value
    assert _held(databases, cast, made.suspended.install_id).suspended_at is not None


def test_a_trial_is_converted_at_the_price_that_was_shown(
    signed_in: SignedInAs, made: Made, databases: Databases, cast: Cast
) -> None:
    signed_in("sam")
    app = AppTest.from_function(_tier, kwargs={"install_id": made.trial.install_id}).run()
    assert "Enterprise is $2,499.00 a month at list price" in words(app)
    app.button(key="tier-confirm").click().run()
    assert not app.exception
    assert (_held(databases, cast, made.trial.install_id).term) == "paid"


def test_the_same_terms_again_are_not_offered(signed_in: SignedInAs, made: Made) -> None:
    signed_in("sam")
    app = AppTest.from_function(_tier, kwargs={"install_id": made.suspended.install_id}).run()
    assert app.button(key="tier-confirm").disabled


def test_a_customers_people_do_not_reach_it(as_person: AsPerson, made: Made) -> None:
    app = as_person("otto", "customer", install_id=made.trial.install_id)
    assert [title.value for title in app.title] == ["Your portal"]
    assert "Nova Bank" not in words(app)
