"""Signing in and out, as a browser meets them."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from starlette.testclient import TestClient

from api.forms import safe_next
from core import config
from core.config import Settings
from core.databases import Databases
from db.models.access import session as sessions
from db.session import SYSTEM
from tests.api.sign_in_doors import ORIGIN, form_token, open_doors, submit
from tests.cast import Cast
from tests.own_rows import PASSWORD, own_customer

FIONA = "fiona@calos.test"
ADA = {"email": "ada@initech.test", "password": PASSWORD}


@pytest.fixture
def initech(databases: Databases, cast: Cast, test_settings: Settings, now: datetime) -> Iterator[UUID]:
    """Yield a customer with committed people, ada and bob."""
    with own_customer(databases, test_settings.database_url, cast, now=now) as made:
        yield made


@pytest.fixture
def browser(databases: Databases, test_settings: Settings, initech: UUID) -> Iterator[TestClient]:
    """Yield an anonymous browser at plain http."""
    assert initech
    with open_doors(databases, test_settings) as opened:
        yield opened


def live_sessions(databases: Databases, initech: UUID) -> int:
    with databases.control.read(SYSTEM) as session:
        mine = (sessions.c.organization_id == initech) & sessions.c.revoked_at.is_(None)
        return int(session.execute(select(func.count()).select_from(sessions).where(mine)).scalar_one())


def set_cookie(answer: Any, name: str) -> str:
    return str(next(value for value in answer.headers.get_list("set-cookie") if value.startswith(f"{name}=")))


# The page


def test_the_page_works_for_password_managers_and_lets_no_foreign_script_run(browser: TestClient) -> None:
    page = browser.get("/login?next=/customers")
    assert page.status_code == 200
    assert 'autocomplete="username"' in page.text
    assert 'autocomplete="current-password"' in page.text
    assert 'name="next" value="/customers"' in page.text
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', page.text))
    policy = page.headers["content-security-policy"]
    assert f"script-src 'nonce-{nonce}'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"


def test_each_page_has_a_nonce_of_its_own(browser: TestClient) -> None:
    first, second = (browser.get("/login").headers["content-security-policy"] for _ in range(2))
    assert first != second


def test_an_anonymous_person_is_sent_to_sign_in(browser: TestClient) -> None:
    assert browser.get("/").headers["location"] == "/login"


# Signing in


def test_the_right_password_brings_a_cookie_that_opens_the_house(browser: TestClient) -> None:
    answer = submit(browser, "/login?next=/", {**ADA, "next": "/customers?tier=pro"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/customers?tier=pro")
    cookie = set_cookie(answer, "auth-token").lower()
    assert "; httponly" in cookie
    assert "; samesite=lax" in cookie
    assert "; path=/" in cookie
    assert "; max-age=43200" in cookie
    assert "domain" not in cookie
    assert "secure" not in cookie
    assert browser.get("/").text == "ada@initech.test"


def test_over_https_the_cookies_never_travel_in_the_clear(
    databases: Databases, test_settings: Settings, initech: UUID
) -> None:
    assert initech
    with open_doors(databases, test_settings, origin="https://calos.test") as browser:
        page = browser.get("/login")
        answer = submit(browser, "/login", ADA)
    assert "; Secure" in set_cookie(answer, "auth-token")
    assert "; Secure" in set_cookie(page, "__Host-form")


def test_the_address_may_be_typed_in_capitals(browser: TestClient) -> None:
    assert submit(browser, "/login", {**ADA, "email": " ADA@Initech.TEST "}).status_code == 303


def test_somebody_signed_in_is_sent_on(browser: TestClient) -> None:
    submit(browser, "/login", ADA)
    assert browser.get("/login?next=/usage").headers["location"] == "/usage"
    assert browser.get("/login?next=//evil.test").headers["location"] == "/"


def test_signing_in_as_somebody_else_ends_the_first_session(
    browser: TestClient, databases: Databases, initech: UUID
) -> None:
    mark = form_token(browser.get("/login").text)
    for email in ("ada@initech.test", "bob@initech.test"):
        sent = {"email": email, "password": PASSWORD, "csrf": mark}
        assert browser.post("/login", data=sent, headers={"Origin": ORIGIN}).status_code == 303
    assert browser.get("/").text == "bob@initech.test"
    assert live_sessions(databases, initech) == 1


@pytest.mark.parametrize("email", ["ada@initech.test", "nobody@initech.test", "not an address", ""])
def test_a_wrong_password_and_an_unknown_person_look_the_same(browser: TestClient, email: str) -> None:
    answer = submit(browser, "/login", {"email": email, "password": "wrong", "next": "/usage"})
    assert answer.status_code == 401
    assert "The e-mail or the password is not right." in answer.text
    assert 'name="next" value="/usage"' in answer.text
    assert "auth-token" not in str(answer.headers)


def test_what_somebody_typed_is_shown_again_but_never_run(browser: TestClient) -> None:
    answer = submit(browser, "/login", {"email": '"><script>alert(1)</script>', "password": "wrong"})
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text
    assert "wrong" not in re.findall(r'value="([^"]*)"', answer.text)


def test_a_lock_out_is_told_with_the_time_left(browser: TestClient) -> None:
    for _ in range(5):
        answer = submit(browser, "/login", {**ADA, "password": "wrong"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "Wait 1 minute" in answer.text
    assert submit(browser, "/login", ADA).status_code == 429


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/customers", "/customers"),
        ("/culture?install_id=inst-1&range=30d#top", "/culture?install_id=inst-1&range=30d#top"),
        ("/a/%5Cevil.test", "/a/%5Cevil.test"),
        ("", "/"),
        ("customers", "/"),
        ("//evil.test", "/"),
        ("///evil.test", "/"),
        ("/\\evil.test", "/"),
        ("\\\\evil.test", "/"),
        ("/\t/evil.test", "/"),
        ("/\n/evil.test", "/"),
        ("/ /evil.test", "/"),
        (" //evil.test", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
        ("/\x00", "/"),
        ("https://evil.test", "/"),
        ("https:evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("data:text/html,x", "/"),
        ("/\u2215evil.test", "/"),
        ("/login", "/"),
        ("/login?next=/login", "/"),
        ("/logout/", "/"),
        ("/setup?token=x", "/"),
        ("/" + "x" * 2000, "/"),
    ],
)
def test_the_way_on_never_leaves_this_house(wanted: str, goes: str) -> None:
    assert safe_next(wanted) == goes


def test_an_open_redirect_fails_through_the_form_too(browser: TestClient) -> None:
    assert submit(browser, "/login", {**ADA, "next": "//evil.test"}).headers["location"] == "/"


# Forged posts


def test_without_the_pages_cookie_nothing_happens(browser: TestClient, databases: Databases, initech: UUID) -> None:
    mark = form_token(browser.get("/login").text)
    browser.cookies.clear()
    answer = browser.post("/login", data={**ADA, "csrf": mark}, headers={"Origin": ORIGIN})
    assert answer.status_code == 403
    assert "Nothing was done; please try again." in answer.text
    assert live_sessions(databases, initech) == 0


@pytest.mark.parametrize("mark", ["", "0" * 64, "é", None])
def test_without_the_forms_token_nothing_happens(browser: TestClient, mark: str | None) -> None:
    browser.get("/login")
    sent = {**ADA, **({} if mark is None else {"csrf": mark})}
    assert browser.post("/login", data=sent, headers={"Origin": ORIGIN}).status_code == 403


def test_another_browsers_token_does_not_do(browser: TestClient, databases: Databases, test_settings: Settings) -> None:
    browser.get("/login")
    with open_doors(databases, test_settings) as another:
        theirs = form_token(another.get("/login").text)
    assert browser.post("/login", data={**ADA, "csrf": theirs}, headers={"Origin": ORIGIN}).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.test",
        "null",
        "",
        "http://[::1",
        "http://calos.test.evil.test",
        "http://calos.test:8080",
        "calos.test",
    ],
)
def test_a_post_from_elsewhere_does_nothing(
    browser: TestClient, databases: Databases, initech: UUID, origin: str
) -> None:
    assert submit(browser, "/login", ADA, headers={"Origin": origin}).status_code == 403
    assert live_sessions(databases, initech) == 0


def test_a_refused_form_can_be_sent_again_at_once(browser: TestClient) -> None:
    refused = browser.post("/login", data=ADA, headers={"Origin": ORIGIN})
    sent = {**ADA, "csrf": form_token(refused.text)}
    assert browser.post("/login", data=sent, headers={"Origin": ORIGIN}).status_code == 303


def test_two_tabs_can_sign_in(browser: TestClient) -> None:
    first, second = (form_token(browser.get("/login").text) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    "sent",
    [
        {"json": ADA},
        {"content": b"\xff" * 100, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"email=" + b"a" * 1_000_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=a"}},
        {"files": {"email": ("a.txt", b"x")}, "data": {"csrf": "x"}},
        {"data": {f"field{n}": "x" for n in range(50)}},
        {},
    ],
)
def test_an_odd_body_is_refused_and_breaks_nothing(browser: TestClient, sent: dict[str, Any]) -> None:
    browser.get("/login")
    assert browser.post("/login", **sent).status_code == 403


@pytest.mark.parametrize("email", ["a\x00b@c.de", "ada@initech.test\x00", "\ufffd@c.de", "a" * 4000])
def test_an_odd_address_is_unknown_and_breaks_nothing(browser: TestClient, email: str) -> None:
    assert submit(browser, "/login", {"email": email, "password": "a\x00b"}).status_code == 401


# Signing out


def test_signing_out_asks_then_ends_the_session_for_good(browser: TestClient) -> None:
    submit(browser, "/login", ADA)
    stolen = browser.cookies["auth-token"]
    asked = browser.get("/logout")
    assert "You are signed in as ada@initech.test." in asked.text
    assert browser.get("/").status_code == 200
    answer = submit(browser, "/logout", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "auth-token" not in browser.cookies
    browser.cookies.set("auth-token", stolen)
    assert browser.get("/").status_code == 303


def test_another_site_can_not_sign_anybody_out(browser: TestClient) -> None:
    submit(browser, "/login", ADA)
    assert browser.post("/logout", headers={"Origin": "http://evil.test"}).status_code == 403
    assert browser.post("/logout", headers={"Origin": ORIGIN}).status_code == 403
    assert browser.get("/").text == "ada@initech.test"


def test_nobody_signed_in_has_nothing_to_sign_out_of(browser: TestClient) -> None:
    assert browser.get("/logout").headers["location"] == "/login"


# Demo


@pytest.fixture
def fiona_of_the_demo(databases: Databases, cast: Cast) -> Iterator[None]:
    """Let Fiona alone of the cast be of the demo world, as where a real owner was there first."""

    def mark(demo: bool) -> None:
        with databases.control.write(SYSTEM) as session:
            session.execute(text("UPDATE person SET demo = :demo WHERE email = :who"), {"demo": demo, "who": FIONA})

    mark(True)
    yield
    mark(False)


@pytest.mark.usefixtures("fiona_of_the_demo")
def test_demo_sign_ins_show_in_demo_mode_only(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FIONA not in browser.get("/login").text
    monkeypatch.setenv("CALOS_DEMO", "1")
    monkeypatch.setenv("CALOS_DEMO_PASSWORD", "another demo password")
    config.settings.cache_clear()
    try:
        page = browser.get("/login").text
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()
    assert FIONA in page
    assert "another demo password" in page
    assert "mia@calos.test" not in page
