"""The Upsells screen as the cast see it: the list, the drawer with its acts, the record of the rules."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.requests import Created
from core.culture import upsell_reads as reads
from core.culture import writes
from core.culture.upsell_reads import Upsell
from core.databases import Databases
from db.session import SYSTEM
from pages.parts.columns import key_of
from tests.cast import Cast
from tests.pages.acme import make_acme
from tests.pages.conftest import AsPerson, SignedInAs, words

STAFF = ("fiona", "adam", "sam", "mia", "vera")


@pytest.fixture(scope="module")
def nothing_yet(databases: Databases, cast: Cast) -> None:
    """Ask for the database before there is any customer in it."""


@pytest.fixture(scope="module")
def acme(databases: Databases, cast: Cast) -> Created:
    """Return Acme with its opportunity."""
    return make_acme(databases, cast, clock.now())


@pytest.fixture(scope="module")
def fresh(databases: Databases, cast: Cast) -> Created:
    """Return a customer with two opportunities that no other test has touched: an upgrade and a training."""
    return make_acme(databases, cast, clock.now(), "Initech AG", ("pos",))


@pytest.fixture
def upsell(databases: Databases, cast: Cast, acme: Created) -> Upsell:
    """Return Acme's upgrade, open and nobody's."""
    found = _upgrade(databases, cast)
    with databases.control.write(cast.sam.tenancy()) as session:
        writes.assign(session, cast.sam, found.id, None, now=clock.now())
        writes.snooze(session, cast.sam, found.id, None, now=clock.now())
    return _upgrade(databases, cast)


def _upgrade(databases: Databases, cast: Cast) -> Upsell:
    with databases.control.read(SYSTEM) as session:
        return reads.upsells(session, cast.fiona, now=clock.now(), kind="tier", snoozed=True)[0]


def _offers(app: AppTest) -> list[str]:
    """Return the offers of the list, none where it is empty."""
    return [offer for table in app.dataframe if "offer" in table.value for offer in table.value["offer"]]


def test_an_empty_list_says_what_will_stand_here(as_person: AsPerson, nothing_yet: None) -> None:
    app = as_person("vera", "upsells")
    assert not app.exception
    assert "Nothing to offer right now" in words(app)


@pytest.mark.parametrize("name", STAFF)
def test_everybody_of_the_vendor_sees_the_list(as_person: AsPerson, upsell: Upsell, name: str) -> None:
    app = as_person(name, "upsells")
    assert not app.exception
    rows = app.dataframe[0].value
    assert rows["offer"].iloc[0] == "Upgrade to Pro"
    assert "3 people were refused Crypto" in rows["why"].iloc[0]
    assert "opportunit" in words(app)


def test_only_those_who_see_money_see_the_expected_value(as_person: AsPerson, upsell: Upsell) -> None:
    paid = as_person("sam", "upsells")
    assert float(paid.dataframe[0].value["value"].iloc[0]) == 508.98
    assert "$509 expected in a year" in words(paid)
    for name in ("mia", "vera"):
        app = as_person(name, "upsells")
        assert app.dataframe[0].value["value"].isna().all()
        assert "expected in a year" not in words(app)


def test_filters_come_from_the_address(as_person: AsPerson, upsell: Upsell) -> None:
    assert _offers(as_person("sam", "upsells", priority="High", rule="Refused features")) == ["Upgrade to Pro"]
    assert "Upgrade to Pro" not in _offers(as_person("sam", "upsells", priority="Medium"))
    assert "No opportunity fits" in words(as_person("sam", "upsells", q="nobody of that name"))


def test_the_list_begins_with_ones_own_where_there_is_any(
    as_person: AsPerson, databases: Databases, cast: Cast, upsell: Upsell
) -> None:
    assert as_person("sam", "upsells").session_state["whose"] == "Everybody's"
    with databases.control.write(cast.sam.tenancy()) as session:
        writes.assign(session, cast.sam, upsell.id, "sam@calos.test", now=clock.now())
    app = as_person("sam", "upsells")
    assert app.session_state["whose"] == "Mine"
    assert list(app.dataframe[0].value["to"]) == ["Sam"]
    assert as_person("adam", "upsells").session_state["whose"] == "Everybody's"


def _opened(as_person: AsPerson, name: str) -> AppTest:
    """Return the screen with the drawer of the first row open, as a click on the customer's name opens it."""
    return _run(as_person(name, "upsells", whose="Everybody's"))


def _run(app: AppTest) -> AppTest:
    """Run with the drawer open; in a browser it then lives by itself, which AppTest does not play."""
    app.session_state["upsell-open"] = {"row": 0}
    app.run()
    assert not app.exception
    return app


def test_the_drawer_shows_evidence_and_how_the_value_was_made(as_person: AsPerson, upsell: Upsell) -> None:
    app = _opened(as_person, "sam")
    assert not app.exception
    evidence = next(each.value for each in app.dataframe if "window" in each.value)
    assert "Crypto refused" in set(evidence["what"])
    assert all(evidence["n"] > 0)
    assert "prior Beta(1, 9)" in words(app)


def test_who_may_not_change_a_customer_only_reads_the_drawer(as_person: AsPerson, upsell: Upsell) -> None:
    app = _opened(as_person, "vera")
    assert not app.exception
    assert any("window" in each.value for each in app.dataframe)
    assert "more a month" not in words(app)
    assert not [each.key for each in app.button if str(upsell.id) in str(each.key)]


def test_taking_noting_and_snoozing_are_kept(
    as_person: AsPerson, databases: Databases, cast: Cast, upsell: Upsell
) -> None:
    app = _opened(as_person, "sam")
    app.button(key=f"take-{upsell.id}").click()
    _run(app)
    app = _opened(as_person, "mia")
    app.text_area(key=f"note-{upsell.id}").set_value("They want a call in December.")
    app.button(key=f"keep-{upsell.id}").click()
    _run(app)
    app = _opened(as_person, "mia")
    app.session_state[f"nap-{upsell.id}"] = "A week"
    _run(app).button(key=f"snooze-{upsell.id}").click()
    _run(app)
    kept = _upgrade(databases, cast)
    assert kept.assigned_to == "sam@calos.test"
    assert kept.note == "They want a call in December."
    assert kept.snoozed_until is not None
    assert "Upgrade to Pro" not in _offers(as_person("sam", "upsells", whose="Everybody's"))
    assert "Upgrade to Pro" in _offers(as_person("sam", "upsells", whose="Everybody's", also="Snoozed too"))


def test_precision_and_what_is_left_out_stand_below(as_person: AsPerson, upsell: Upsell) -> None:
    frames = [each.value for each in as_person("vera", "upsells").dataframe]
    precision = next(frame for frame in frames if "rate" in frame)
    assert "Refused features" in set(precision["rule"])
    assert set(precision["rate"]) == {"— none yet"}


def test_otto_sees_his_portal_and_nothing_of_it(as_person: AsPerson, upsell: Upsell) -> None:
    app = as_person("otto", "upsells")
    assert "Upsells" not in [each.value for each in app.title]
    assert not app.dataframe


def test_closing_asks_for_a_reason_and_counts_in_the_rules_precision(
    as_person: AsPerson, databases: Databases, cast: Cast, upsell: Upsell
) -> None:
    app = _opened(as_person, "mia")
    assert app.button(key=f"close-{upsell.id}").disabled
    app.session_state[f"outcome-{upsell.id}"] = "won"
    app.text_input(key=f"reason-{upsell.id}").set_value("Signed today.")
    _run(app).button(key=f"close-{upsell.id}").click()
    _run(app)
    with databases.control.read(SYSTEM) as session:
        (kept,) = reads.upsells(session, cast.fiona, now=clock.now(), state="won", snoozed=True)
        counted = {rule.rule: rule.won for rule in reads.precision(session, cast.fiona)}
    assert (kept.id, kept.close_reason) == (upsell.id, "Signed today.")
    assert counted["refused_features"] == 1


def test_who_may_export_is_led_to_the_file_under_the_filters_of_the_page(as_person: AsPerson, acme: Created) -> None:
    app = as_person("sam", "upsells", whose="Nobody's", priority="High", q="Acme")
    found = [each.proto.url for each in app.get("link_button") if "/api/export" in each.proto.url]
    assert found == [
        f"/api/export?report=upsells&format={kind}&assignedTo=&priority=HIGH&q=Acme" for kind in ("csv", "xlsx", "pdf")
    ]
    for name in ("mia", "vera"):
        urls = [each.proto.url for each in as_person(name, "upsells").get("link_button")]
        assert not [url for url in urls if "/api/export" in url], name


def test_what_is_not_on_the_list_is_searched(as_person: AsPerson, acme: Created) -> None:
    app = as_person("vera", "upsells", **{"left-out": "nobody of that name"})
    assert "Nothing was held back for “nobody of that name”" in words(app)


def test_several_are_given_to_somebody_at_once(
    signed_in: SignedInAs, databases: Databases, cast: Cast, fresh: Created
) -> None:
    signed_in("sam")
    app = AppTest.from_function(_many, default_timeout=60).run()
    assert not app.exception
    assert "Assign 2 opportunities" in [each.label for each in app.button]
    app.selectbox(key="many-to").select("mia@calos.test")
    app.button(key="many-assign").click().run()
    with databases.control.read(SYSTEM) as session:
        found = reads.upsells(session, cast.fiona, now=clock.now(), install_id=fresh.install_id)
    assert [each.assigned_to for each in found] == ["mia@calos.test"] * 2


def _ticking() -> None:
    import streamlit as st

    from pages.customers import upsell_choice, upsell_list
    from pages.parts import session
    from pages.parts.load import minute

    actor = session.require_actor()
    chosen = upsell_choice.Chosen(upsell_choice.ALL, None, None, False, "")
    found = upsell_list.find(actor, chosen, minute())
    found = tuple(one for one in found if str(one.upsell.id) not in st.session_state.get("gone", ()))
    if st.session_state.get("turned"):
        found = found[::-1]
    row, picked = upsell_list.show(actor, found, chosen, minute())
    st.session_state["told"] = [str(found[place].upsell.id) for place in picked]
    st.session_state["open"] = None if row is None else str(found[row].upsell.id)


def test_ticks_and_clicks_stay_with_their_upsells_when_rows_move(
    signed_in: SignedInAs, databases: Databases, cast: Cast, fresh: Created
) -> None:
    make_acme(databases, cast, clock.now(), "Umbrella AG", ("pos",))
    signed_in("sam")
    app = AppTest.from_function(_ticking, default_timeout=60).run()
    ids: list[str] = list(app.session_state["upsells-drawn"])
    assert len(ids) >= 3
    app.session_state[key_of(ids, "upsells")] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    app.run()
    assert app.session_state["told"] == ids[:2]
    # The rows move in the run that a click on the third brings with it.
    app.session_state["turned"], app.session_state["upsell-open"] = True, {"row": 2}
    app.run()
    assert not app.exception
    assert (set(app.session_state["told"]), app.session_state["open"]) == (set(ids[:2]), ids[2])
    app.session_state["gone"] = ids[:1]
    app.run()
    assert app.session_state["told"] == [ids[1]]
    app.session_state["upsell-open"], app.session_state["turned"] = {"row": len(ids) - 2}, False
    app.session_state["gone"] = ids[:2]
    app.run()
    assert (app.session_state["told"], app.session_state["open"]) == ([], None), "it is not there any more"


def _many() -> None:
    from pages.customers import upsell_choice, upsell_list, upsell_many
    from pages.parts import session
    from pages.parts.load import minute

    actor = session.require_actor()
    chosen = upsell_choice.Chosen(upsell_choice.ALL, None, None, False, "Initech")
    found = upsell_list.find(actor, chosen, minute())
    upsell_many.show(actor, found, [0, 1])


def test_a_call_keeps_it_on_the_list_and_a_sale_leads_to_the_tier(
    as_person: AsPerson, databases: Databases, cast: Cast, fresh: Created
) -> None:
    with databases.control.read(SYSTEM) as session:
        (upgrade,) = reads.upsells(session, cast.fiona, now=clock.now(), install_id=fresh.install_id, kind="tier")
    app = _run(as_person("sam", "upsells", whose="Everybody's", q="Initech", priority="High"))
    app.text_input(key=f"said-{upgrade.id}").set_value("They ask their board.")
    app.button(key=f"do-call-{upgrade.id}").click()
    _run(app)
    app = _run(as_person("sam", "upsells", whose="Everybody's", q="Initech", priority="High"))
    assert "Sam called" in words(app)
    assert "They ask their board." in words(app)
    assert "Next step: Follow up." in words(app)
    app.session_state[f"outcome-{upgrade.id}"] = "won"
    app.text_input(key=f"reason-{upgrade.id}").set_value("Signed.")
    _run(app).button(key=f"close-{upgrade.id}").click()
    _run(app)
    assert "Initech AG** takes Pro" in words(app)
    assert "change-tier" in [each.key for each in app.button]
