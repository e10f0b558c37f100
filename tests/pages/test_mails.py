"""The Mails page and the digest's button: what was written, how it looks, and for whom."""

import pytest
import streamlit as st
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from core import clock
from core.accounts.digests import send_now, subscription
from core.databases import Databases
from core.notify.writes import send_mail
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words


@pytest.fixture
def written(databases: Databases, cast: Cast) -> None:
    with databases.control.write(SYSTEM) as session:
        session.execute(text("DELETE FROM mail"))
        send_mail(
            session,
            cast.globex,
            to="otto@globex.test",
            subject="Usage *Approaching* Limit",
            template="notice",
            values={"title": "Hello", "paragraphs": ["One."], "facts": [], "button": None, "reason": "Because."},
            now=clock.now(),
        )
        send_now(session, cast.sam, now=clock.now())


def test_what_was_written_is_listed(written: None, as_person: AsPerson) -> None:
    app = as_person("adam", "mails")
    assert not app.exception
    said = words(app)
    assert "No mail server is set (CALOS_SMTP_URL)" in said
    shown = app.dataframe[0].value
    assert set(shown["to"]) == {"otto@globex.test", "sam@calos.test"}
    assert {tuple(each) for each in shown["state"]} == {("Kept",)}
    assert [metric.value for metric in app.metric] == ["0", "0", "0", "2"]


def test_it_is_narrowed(written: None, as_person: AsPerson) -> None:
    assert list(as_person("fiona", "mails", q="APPROACHING").dataframe[0].value["to"]) == ["otto@globex.test"]
    assert "No mail fits" in words(as_person("fiona", "mails", show="Sent"))


def test_nothing_written_says_what_will_be(databases: Databases, cast: Cast, as_person: AsPerson) -> None:
    with databases.control.write(SYSTEM) as session:
        session.execute(text("DELETE FROM mail"))
    assert "Nothing was written yet" in words(as_person("adam", "mails"))


@pytest.mark.parametrize("name", ["sam", "mia", "vera"])
def test_mails_are_for_admins(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "mails")
    assert "otto@globex.test" not in words(app)
    assert not app.dataframe


def test_a_mail_is_opened_with_its_looks(written: None, signed_in: SignedInAs, databases: Databases) -> None:
    signed_in("adam")

    def script() -> None:
        from core.notify.reads import mails
        from pages.parts.load import fresh
        from pages.parts.session import require_actor
        from pages.settings import mail_preview

        actor = require_actor()
        mail_preview.show(actor, fresh(mails, actor, text="otto")[0].id)

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    said = words(app)
    assert "To otto@globex.test, from Calos, written" in said
    assert "Hello" in app.code[0].value
    [again] = [button for button in app.button if button.label == "Send it now"]
    again.click().run()
    assert "CALOS_SMTP_URL" in words(app), "without a server it says so"


def test_sam_has_his_list_by_mail(signed_in: SignedInAs, databases: Databases, cast: Cast) -> None:
    signed_in("sam")

    def script() -> None:
        from pages.customers import upsell_digest
        from pages.parts.session import require_actor

        upsell_digest.draw(require_actor())

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    app.button_group(key="digest-rhythm").set_value("weekly").run()
    with databases.control.read(SYSTEM) as session:
        held = subscription(session, cast.sam)
        before = session.execute(text("SELECT count(*) FROM mail")).scalar_one()
    assert held is not None
    assert held.rhythm == "weekly"
    assert "sam@calos.test" in words(app)
    app.button(key="digest-now").click().run()
    app.button(key="digest-look").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        assert session.execute(text("SELECT count(*) FROM mail")).scalar_one() == before + 1
    st.cache_data.clear()
