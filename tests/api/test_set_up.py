"""The set-up link, as a browser meets it: it makes the first owner, once."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core import clock
from core.access.setup import make_setup_link
from core.config import Settings
from core.databases import Databases
from db.models.access import person
from db.session import DOOR, SYSTEM
from tests.api.sign_in_doors import ORIGIN, open_doors, submit
from tests.cast import Cast
from tests.own_rows import before_set_up

ACME = {
    "organization": "Acme Tools",
    "name": "Grace Hopper",
    "email": "grace@acme.test",
    "password": "gentle ocelots hum",
    "password_again": "gentle ocelots hum",
}


@pytest.fixture
def link(databases: Databases, cast: Cast, test_settings: Settings) -> Iterator[str]:
    """Yield the path of a set-up link of an installation that nobody owns yet."""
    with before_set_up(test_settings.database_url, cast):
        with databases.control.write(DOOR) as session:
            token = make_setup_link(session, now=clock.now())
        yield f"/setup?token={token}"


def with_token(link: str, **changed: str) -> dict[str, str]:
    return {**ACME, "token": link.partition("=")[2], **changed}


def test_the_link_makes_the_owner_who_is_signed_in_at_once(
    link: str, databases: Databases, test_settings: Settings
) -> None:
    with open_doors(databases, test_settings) as browser:
        page = browser.get(link)
        assert 'autocomplete="new-password"' in page.text
        answer = submit(browser, link, with_token(link))
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert browser.get("/").text == "grace@acme.test"
        me = browser.get("/api/auth/me").json()
        assert (me["name"], me["role"], me["realm"]) == ("Grace Hopper", "owner", "vendor")
        assert me["organization"]["name"] == "Acme Tools"
        again = browser.get(link)
        assert again.status_code == 410
        assert "used already" in again.text
        mark = browser.cookies["form"]
        assert mark


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"password": "short", "password_again": "short"}, "password", "at least 15 characters"),
        ({"password_again": "something else"}, "password_again", "The two passwords differ."),
        ({"email": "grace"}, "email", "full e-mail address"),
        ({"organization": " "}, "organization", "Give the organization a name"),
        ({"email": "fiona@calos.test"}, "email", "There is already somebody with the e-mail"),
    ],
)
def test_what_is_wrong_is_said_and_the_link_still_works(
    link: str,
    databases: Databases,
    test_settings: Settings,
    changed: dict[str, str],
    field: str,
    sentence: str,
) -> None:
    with open_doors(databases, test_settings) as browser:
        answer = submit(browser, link, with_token(link, **changed))
        assert sentence in answer.text
        assert answer.status_code == 422
        assert re.search(f'id="{field}-error">[^<]*{re.escape(sentence)}', answer.text)
        assert submit(browser, link, with_token(link)).status_code == 303


def test_a_made_up_link_is_told_what_to_do(link: str, databases: Databases, test_settings: Settings) -> None:
    assert link
    with open_doors(databases, test_settings) as browser:
        answer = browser.get("/setup?token=setup_x")
        assert answer.status_code == 410
        assert "Start Calos again to get a fresh one" in answer.text
        assert browser.get("/setup").status_code == 410


def test_a_forged_set_up_does_nothing(link: str, databases: Databases, test_settings: Settings) -> None:
    with open_doors(databases, test_settings) as browser:
        sent = with_token(link)
        assert submit(browser, link, sent, headers={"Origin": "http://evil.test"}).status_code == 403
        assert browser.post("/setup", data=sent, headers={"Origin": ORIGIN}).status_code == 403
    with databases.control.read(SYSTEM) as session:
        assert session.execute(select(person.c.id).where(person.c.email == "grace@acme.test")).first() is None
