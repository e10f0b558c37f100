"""Requests that no client of ours makes: each gets its refusal in a sentence, none leaves a trace in the log."""

import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from api import auth
from api.depends import StrictRequest
from api.forms import read_form
from api.front_door import FrontDoor
from api.house import House
from api.strict_json import Unreadable
from core import clock
from core.access import sessions, tokens
from core.access.sessions import SignedIn
from core.config import Settings, secret_for
from core.databases import Databases
from db.session import DOOR, SYSTEM, connect
from tests.api.conftest import Served
from tests.api.signed_in import signed_in
from tests.cast import PASSWORD, Cast
from tests.running import Running, free_port, running_calos


def _scope(method: str, path: str) -> dict[str, Any]:
    headers = [(b"host", b"localhost:5001"), (b"content-type", b"application/x-www-form-urlencoded")]
    made = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
    return {**made, "client": ("127.0.0.1", 40_000)}


def _hanging_up(begun: bytes) -> Callable[[], Awaitable[Message]]:
    """Return what receives the beginning of a body, then the news that the client has gone."""
    coming: list[Message] = [{"type": "http.request", "body": begun, "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return coming.pop(0)

    return receive


def _nowhere(databases: Databases) -> str:
    return make_url(databases.control_url).set(port=free_port()).render_as_string(hide_password=False)


async def test_a_body_cut_short_is_the_callers_doing() -> None:
    with pytest.raises(Unreadable, match="before it was whole"):
        await StrictRequest(_scope("POST", "/api/licenses/verify"), _hanging_up(b"{")).json()
    assert await read_form(Request(_scope("POST", "/login"), _hanging_up(b"email="))) == {}


async def test_an_address_without_a_slash_is_refused(test_settings: Settings, databases: Databases) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    door = FrontDoor(PlainTextResponse("inside"), House(test_settings, ready=True, opened=databases))
    await door(_scope("OPTIONS", "*"), _hanging_up(b""), send)
    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["code"] == "unreadable_request"


@pytest.mark.parametrize(
    ("path", "kind"), [("/api/auth/me", "application/problem+json"), ("/", "text/html; charset=utf-8")]
)
@pytest.mark.parametrize("inside", [False, True], ids=["for the session", "for the answer"])
def test_without_the_database_every_door_says_so(
    test_settings: Settings, databases: Databases, cast: Cast, path: str, kind: str, inside: bool
) -> None:
    """Whether it fails where the session is looked up or behind that."""
    away = connect(_nowhere(databases))

    async def asking(scope: Scope, receive: Receive, send: Send) -> None:
        with away.read(SYSTEM):
            raise AssertionError("there is no such server")

    shut = replace(databases, control=away)
    door = FrontDoor(asking, House(test_settings, ready=True, opened=databases if inside else shut))
    with databases.control.write(DOOR) as session:
        now = clock.now()
        signed = sessions.sign_in(
            session,
            "vera@calos.test",
            PASSWORD,
            now=now,
            address="",
            user_agent="",
            idle_minutes=30,
            hours=1,
        )
    assert isinstance(signed, SignedIn)
    token = tokens.issue(signed.session_id, signed.expires_at, key=secret_for(test_settings, "session token"), now=now)
    answer = TestClient(door).get(path, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers["content-type"]) == (503, kind)
    assert "The database does not answer right now." in answer.text
    assert answer.headers["x-request-id"] in answer.text


@pytest.mark.parametrize(("who", "status"), [("otto", 403), ("mia", 403), ("fiona", 404)])
def test_streamlits_own_metrics_are_for_who_may_read_security(served: Served, who: str, status: int) -> None:
    """The API alone has no such address, which is what those who may ask for it are told."""
    for path in ("/_stcore/metrics", "/_stcore/metrics/"):
        assert served.client.get(path, headers=served.as_(who)).status_code == status


@pytest.mark.parametrize(("who", "status"), [("otto", 403), ("mia", 403), ("fiona", 200)])
def test_from_elsewhere_metrics_are_for_the_vendors_people(served: Served, who: str, status: int) -> None:
    """The client of these tests has no loopback address."""
    assert served.client.get("/metrics", headers=served.as_(who)).status_code == status


def test_a_route_without_the_database_says_so(test_settings: Settings, databases: Databases) -> None:
    api = signed_in(replace(databases, control=connect(_nowhere(databases))), None, auth, settings=test_settings)
    answer = api.post("/auth/token", json={"email": "vera@calos.test", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_json_is_asked_for_by_its_name(served: Served, kind: str) -> None:
    answer = served.client.post(
        "/api/enterprise/revoke-license",
        headers={**served.as_("fiona"), "Content-Type": kind},
        content=b'{"installId": "inst-thereisnosuchthing"}',
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_content_type")
    assert answer.json()["error"].startswith("Send the body as application/json, not as ")


def _refused_sign_in(calos: Running, address: str) -> int:
    body = json.dumps({"email": "nobody@calos.test", "password": "not the password"}).encode()
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{calos.url}/api/auth/token", body, headers)):
            raise AssertionError("nobody was let in")
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.slow
@pytest.mark.xdist_group("running")
def test_nobody_passes_for_many_by_naming_addresses_that_no_declared_proxy_saw() -> None:
    with running_calos(CALOS_DEMO="0") as calos:
        calos.start()
        calos.wait_until_ready()
        codes = [_refused_sign_in(calos, f"198.51.100.{last}") for last in range(1, 33)]
    assert codes == [401] * 30 + [429] * 2
