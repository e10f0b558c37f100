"""Issuing a license from a page: whom for, what it comes to, and a secret that is shown once."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.customers import CustomerFilter
from core.accounts.reads import list_customers
from core.databases import Databases
from core.licensing.reads import license_by_install
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.customers_made import Made, make_customers


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module."""
    return make_customers(databases, cast, clock.now())


def _dialog() -> None:
    from pages.parts import issue_license, session

    issue_license.body(session.require_actor())


def dialog(signed_in: SignedInAs, name: str) -> AppTest:
    signed_in(name)
    return AppTest.from_function(_dialog, default_timeout=30).run()


def choose(app: AppTest, customer: str) -> AppTest:
    _as_option(app, customer)
    app.selectbox(key="issue-customer").set_value(customer)
    return app.run()


def issue(app: AppTest) -> AppTest:
    """Press the button; the dialog then reruns itself alone, which AppTest can't: a second run shows what it would."""
    typed = app.selectbox(key="issue-customer").value
    _as_option(app, typed)
    app.button(key="issue-confirm").click().run()
    if app.error:
        return app
    _as_option(app, typed)
    return app.run()


def _as_option(app: AppTest, typed: str | None) -> None:
    """Let AppTest, which knows options alone, send on what a person typed."""
    for box in app.selectbox:
        if typed is not None and typed not in box.options:
            box.options.append(typed)


def test_an_email_nobody_has_makes_a_customer(
    signed_in: SignedInAs, made: Made, databases: Databases, cast: Cast
) -> None:
    app = choose(dialog(signed_in, "sam"), "ada@acme-foods.co.uk")
    assert app.text_input(key="issue-name").placeholder == "Acme Foods"
    issue(app)
    assert not app.exception
    said = words(app)
    assert "Acme Foods" in said
    assert "holds a trial Pro license until" in said
    install_id, secret, lines = (code.value for code in app.code)
    assert secret.startswith("cis_")
    assert f"CALOS_INSTALL_ID={install_id}" in lines
    assert f"CALOS_INSTALL_SECRET={secret}" in lines
    with databases.control.read(SYSTEM) as session:
        held = license_by_install(session, cast.fiona, install_id, now=clock.now())
        listed = list_customers(session, cast.fiona, CustomerFilter(text="Acme Foods"), now=clock.now())
    assert (held.organization_name, held.term, held.tier_id) == ("Acme Foods", "trial", "pro")
    assert [each.install_id for each in listed.customers] == [install_id]


def test_a_known_customer_gets_a_second_license_paid_from_today(signed_in: SignedInAs, made: Made) -> None:
    app = choose(dialog(signed_in, "adam"), "Initech")
    app.segmented_control(key="issue-tier").set_value("basic").run()
    app.number_input(key="issue-trial").set_value(0).run()
    assert "Basic: $99.00 a month at list price, from today" in words(app)
    issue(app)
    assert "holds a paid Basic license" in words(app)


def test_the_free_tier_asks_for_neither_period_nor_trial(signed_in: SignedInAs, made: Made) -> None:
    app = dialog(signed_in, "fiona")
    app.segmented_control(key="issue-tier").set_value("free").run()
    assert "issue-trial" not in {each.key for each in app.number_input}
    assert "no price and no end" in words(app)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "Say whom it is for"),
        ("Initrode", "There is no customer called “Initrode”"),
        ("not@an@email", "e-mail"),
    ],
)
def test_what_is_missing_or_wrong_is_said(signed_in: SignedInAs, made: Made, given: str | None, sentence: str) -> None:
    app = dialog(signed_in, "sam")
    if given:
        choose(app, given)
    issue(app)
    assert sentence in app.error[0].value
    assert not app.code


def test_the_secret_is_not_shown_a_second_time(signed_in: SignedInAs, made: Made) -> None:
    app = issue(choose(dialog(signed_in, "sam"), "once@only.test"))
    secret = app.code[1].value
    app.session_state["license-made"] = None
    app.run()
    assert secret not in words(app) + "".join(code.value for code in app.code)


def test_the_button_opens_the_dialog(as_person: AsPerson, made: Made) -> None:
    app = as_person("sam", "customers")
    app.button(key="issue").click().run()
    assert not app.exception
    assert app.button(key="issue-confirm").label == "Issue license"


def test_who_may_not_issue_is_refused_even_so(signed_in: SignedInAs, made: Made) -> None:
    app = issue(choose(dialog(signed_in, "mia"), "ada@elsewhere.test"))
    assert "may not issue licenses" in app.error[0].value


def test_a_policy_is_given_along(signed_in: SignedInAs, made: Made, databases: Databases, cast: Cast) -> None:
    app = choose(dialog(signed_in, "sam"), "grace@hopper.test")
    app.number_input(key="issue-seats").set_value(8)
    app.selectbox(key="issue-overage").set_value("1.5x")
    app.toggle(key="issue-fingerprint").set_value(True)
    app.text_area(key="issue-entitlements").set_value("Single Sign On")
    issue(app)
    assert app.error[0].value.startswith("Also entitled to: “Single Sign On” cannot be an entitlement")
    assert app.number_input(key="issue-seats").value == 8
    app.text_area(key="issue-entitlements").set_value("sso\n\n reports.export ")
    issue(app)
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        held = license_by_install(session, cast.fiona, app.code[0].value, now=clock.now())
    assert (held.max_seats, held.overage, held.fingerprint_required) == (8, "1.5x", True)
    assert held.entitlements == ("sso", "reports.export")
