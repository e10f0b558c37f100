"""Requests that no client of ours makes: each gets its refusal in a sentence, none leaves a trace in the log."""

import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message

from api.depends import StrictRequest
from api.forms import read_form
from api.front_door import FrontDoor
from api.house import House
from api.strict_json import Unreadable
from core.config import Settings
from core.databases import Databases
from tests.api.conftest import Served
from tests.running import Running, running_calos


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
