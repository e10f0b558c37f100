"""The Destinations page: added with its secret once, tested, switched off with a reason, and its log."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.crm import facts_at
from core.databases import Databases
from core.notify.deliveries import send_test
from core.notify.delivering import try_to_deliver
from core.notify.destination_writes import add_destination, destinations
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.notify.conftest import configured
from tests.loopback import vendor
from tests.pages.conftest import AsPerson, SignedInAs, words


@pytest.fixture(autouse=True)
def none_left(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        session.execute(text("DELETE FROM destination"))


@pytest.fixture
def lake(databases: Databases, cast: Cast) -> UUID:
    with databases.control.write(SYSTEM) as session:
        made, _ = add_destination(
            session, cast.adam, kind="webhook", name="Data *lake*", url="https://hook.vendor.test/x",
            events=["upsell.found"], now=clock.now(),
        )  # fmt: skip
    return made


def _held(databases: Databases, cast: Cast) -> Any:
    with databases.control.read(SYSTEM) as session:
        return destinations(session, cast.adam)


def test_none_says_what_to_do(as_person: AsPerson) -> None:
    app = as_person("adam", "destinations")
    assert not app.exception
    assert "Nothing is sent anywhere" in words(app)


@pytest.mark.parametrize("name", ["sam", "mia", "vera", "otto"])
def test_it_is_for_those_who_set_policy(lake: UUID, as_person: AsPerson, name: str) -> None:
    app = as_person(name, "destinations", destination=str(lake))
    assert "lake" not in words(app)
    assert not app.dataframe


def _form() -> None:
    from pages.parts.session import require_actor
    from pages.settings import destination_dialog

    destination_dialog.form(require_actor())


def _act(act: str) -> None:
    from core.notify.destination_writes import destinations
    from pages.parts.load import fresh
    from pages.parts.session import require_actor
    from pages.settings import destination_acts

    actor = require_actor()
    getattr(destination_acts, act)(actor, fresh(destinations, actor)[0])


def test_a_webhook_is_added_and_its_secret_shown_once(databases: Databases, cast: Cast, signed_in: SignedInAs) -> None:
    signed_in("adam")
    app = AppTest.from_function(_form, default_timeout=30).run()
    app.text_input(key="new-name").set_value("Warehouse")
    app.text_input(key="new-url-webhook").set_value("https://hook.vendor.test/y")
    app.button_group(key="new-events-webhook").set_value(["upsell.found"]).run()
    app.button(key="new-add").click().run()
    assert not app.exception
    [made] = _held(databases, cast)
    assert (made.name, made.events) == ("Warehouse", ("upsell.found",))
    assert [each.value[:6] for each in app.code] == ["whsec_"]
    app.button(key="handover-done").click().run()
    assert not app.code, "never again"


@pytest.mark.parametrize(("kind", "asked"), [("hubspot", ["token"]), ("salesforce", ["clientId", "clientSecret"])])
def test_a_crm_is_asked_for_what_it_needs(
    databases: Databases, cast: Cast, signed_in: SignedInAs, kind: str, asked: list[str]
) -> None:
    signed_in("adam")
    app = AppTest.from_function(_form, default_timeout=30).run()
    app.button_group(key="new-kind").set_value(kind).run()
    app.text_input(key="new-name").set_value("CRM")
    if kind == "salesforce":
        app.text_input(key="new-url-salesforce").set_value("https://vendor.my.salesforce.com")
    app.run()
    app.button(key="new-add").click().run()
    assert "needs its" in words(app)
    for name in asked:
        app.text_input(key=f"new-{kind}-{name}").set_value("something")
    app.run()
    app.button(key="new-add").click().run()
    assert [each.kind for each in _held(databases, cast)] == [kind]


def test_the_list_and_one_of_it(lake: UUID, as_person: AsPerson) -> None:
    app = as_person("fiona", "destinations")
    assert list(app.dataframe[0].value["name"]) == ["Data *lake*"]
    app = as_person("fiona", "destinations", destination=str(lake))
    assert not app.exception
    said = words(app)
    assert "Data *lake*" in said
    assert "An upsell was found" in said
    assert "Nothing was sent yet" in said


def test_a_test_goes_out_and_stands_in_the_log(
    databases: Databases, cast: Cast, as_person: AsPerson, lake: UUID
) -> None:
    app = as_person("adam", "destinations", destination=str(lake))
    app.button(key="test").click().run()
    assert not app.exception
    assert list(app.dataframe[0].value["state"]) == [["Waiting"]]
    with vendor(500, {"oh": "no"}) as played, configured(CALOS_WEBHOOK_PRIVATE="1"):
        with databases.control.write(SYSTEM) as session:
            made, _ = add_destination(
                session, cast.adam, kind="slack", name="Sales", url=played.url, events=["upsell.found"], now=clock.now()
            )
            sent = send_test(session, cast.adam, made, now=clock.now())
        with databases.control.write(SYSTEM) as session:
            try_to_deliver(session, sent, now=clock.now(), facts=facts_at(clock.now()))
    app = as_person("adam", "destinations", destination=str(made))
    assert "It has taken nothing since" in words(app)
    shown = app.dataframe[0].value.iloc[0]
    assert (shown["status"], shown["tries"], "Slack answered 500" in shown["error"]) == (500, 1, True)


def test_it_is_switched_off_with_a_reason(
    databases: Databases, cast: Cast, as_person: AsPerson, signed_in: SignedInAs, lake: UUID
) -> None:
    signed_in("adam")
    app = AppTest.from_function(_act, kwargs={"act": "confirm_switch"}).run()
    assert app.button(key="switch-confirm").disabled
    app.text_area(key="switch-reason").set_value("They move.").run()
    app.button(key="switch-confirm").click().run()
    assert not app.exception
    assert _held(databases, cast)[0].disabled_reason == "They move."
    app = as_person("adam", "destinations", destination=str(lake))
    assert "It is switched off: They move." in words(app)
    assert app.button(key="test").disabled


def test_it_is_changed_and_given_another_secret(
    databases: Databases, cast: Cast, signed_in: SignedInAs, lake: UUID
) -> None:
    signed_in("adam")
    app = AppTest.from_function(_act, kwargs={"act": "change_form"}).run()
    app.text_input(key="edit-name").set_value("Pond")
    app.text_input(key="edit-url").set_value("https://pond.vendor.test/").run()
    app.button(key="edit-keep").click().run()
    [held] = _held(databases, cast)
    assert (held.name, held.url, held.events) == ("Pond", "https://pond.vendor.test/", ("upsell.found",))
    app = AppTest.from_function(_act, kwargs={"act": "confirm_rotation"}).run()
    app.button(key="rotate-make").click().run()
    assert [each.value[:6] for each in app.code] == ["whsec_"]


def test_it_is_removed_with_a_reason(databases: Databases, cast: Cast, signed_in: SignedInAs, lake: UUID) -> None:
    signed_in("adam")
    app = AppTest.from_function(_act, kwargs={"act": "confirm_removal"}).run()
    app.text_area(key="remove-reason").set_value("Not needed.").run()
    app.button(key="remove-confirm").click().run()
    assert _held(databases, cast) == ()
