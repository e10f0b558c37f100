"""The realtime door with a real server and real Socket.IO clients: who gets in, who hears what, and who is put out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import socketio
from playwright.async_api import async_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from api import live as door
from api.front_door import COOKIE, FrontDoor
from api.house import House
from core import clock
from core.access import sessions, tokens
from core.announce import reads
from core.announce.writes import announce
from core.config import Settings, secret_for
from core.databases import Databases
from db.session import DOOR, SYSTEM, WriteSession
from scripts.install_browser import installed
from tests.api.realtime import PATIENCE_SECONDS, Client, Door, connected, serving
from tests.cast import Cast
from tests.conftest import NOW


@pytest.fixture
async def running(test_settings: Settings, databases: Databases, cast: Cast) -> AsyncIterator[Door]:
    async with serving(test_settings, databases, lambda app, _house: app) as made:
        yield made


@pytest.mark.parametrize(
    "token", [None, "", "garbage", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJjYWxvcyIsInNpZCI6IjEifQ.", 17, {"a": 1}]
)
@pytest.mark.parametrize("transports", [["polling"], ["websocket"]])
async def test_without_a_good_token_nobody_gets_in(running: Door, token: Any, transports: list[str]) -> None:
    stranger = Client(running.url)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await stranger.connect(token, transports=transports)
    assert stranger.refused["message"] == "unauthorized"
    assert "token" in stranger.refused["data"]["detail"]
    assert running.live.admitted == {}


async def test_a_token_that_has_run_out_is_refused(running: Door, cast: Cast) -> None:
    key = secret_for(running.settings, "session token")
    old = tokens.issue(UUID(cast.sam.id), clock.now() - timedelta(seconds=1), key=key)
    stranger = Client(running.url)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await stranger.connect(old)
    assert stranger.refused["message"] == "unauthorized"


@pytest.mark.parametrize("transports", [["websocket"], ["polling", "websocket"]])
async def test_an_event_arrives_after_its_commit_and_never_after_a_rollback(
    running: Door, cast: Cast, transports: list[str]
) -> None:
    async with connected(running.url, running.sign_in(cast.otto), transports=transports) as otto:
        with running.databases.control.write(SYSTEM) as session:
            announce(session, cast.globex, "activity:new", {"text": "committed"}, now=NOW)
            await asyncio.sleep(0.2)
            assert otto.heard == []
        await otto.until(lambda one: one.texts() == ["committed"])
        with running.databases.control.engine.connect() as connection:
            connection.exec_driver_sql(SYSTEM.statement())
            announce(WriteSession(connection), cast.globex, "activity:new", {"text": "rolled back"}, now=NOW)
            connection.rollback()
        running.announce(cast.globex, "afterwards")
        await otto.until(lambda one: one.texts() == ["committed", "afterwards"])
        assert otto.heard[0] == {
            "id": otto.heard[0]["id"],
            "at": "2026-11-21T12:00:00Z",
            "organizationId": str(cast.globex),
            "type": "activity:new",
            "data": {"text": "committed"},
        }


async def test_everybody_hears_their_own_and_the_vendor_hears_all_once(running: Door, cast: Cast) -> None:
    async with (
        connected(running.url, running.sign_in(cast.otto)) as otto,
        connected(running.url, running.sign_in(cast.vera)) as vera,
    ):
        running.announce(cast.vendor, "ours")
        running.announce(cast.globex, "theirs")
        await vera.until(lambda one: len(one.heard) >= 2)
        await otto.until(lambda one: len(one.heard) >= 1)
        running.announce(cast.globex, "last")
        await vera.until(lambda one: "last" in one.texts())
        await otto.until(lambda one: "last" in one.texts())
    assert vera.texts() == ["ours", "theirs", "last"]
    assert otto.texts() == ["theirs", "last"]


async def test_what_was_missed_while_away_is_read_by_cursor(running: Door, cast: Cast) -> None:
    token = running.sign_in(cast.otto)
    async with connected(running.url, token) as otto:
        running.announce(cast.globex, "heard")
        await otto.until(lambda one: one.texts() == ["heard"])
    cursor = otto.heard[-1]["id"]
    with running.databases.control.write(SYSTEM) as session:
        announce(session, cast.globex, "activity:new", {"text": "smaller id"}, now=NOW)
        running.announce(cast.globex, "missed")
        running.announce(cast.vendor, "not theirs")
    async with connected(running.url, token) as again:
        running.announce(cast.globex, "back")
        await again.until(lambda one: "back" in one.texts())
    with running.databases.control.read(cast.otto.tenancy()) as session:
        events = [event.as_wire() for event in reads.since(session, cast.otto, cursor)]
    texts = [event["data"]["text"] for event in events]
    assert sorted(texts) == ["back", "missed", "smaller id"]
    assert again.heard[-1] in events


async def test_the_cookie_lets_our_own_pages_in_and_no_other_sites(running: Door, cast: Cast) -> None:
    cookie = f"{COOKIE}={running.sign_in(cast.otto)}"
    async with connected(running.url, None, headers={"Cookie": cookie, "Origin": running.url}) as otto:
        running.announce(cast.globex, "hello")
        await otto.until(lambda one: one.texts() == ["hello"])
    for origin in ("https://evil.example", "null", running.url.replace("127.0.0.1", "localhost")):
        for transports in (["polling"], ["websocket"]):
            stranger = Client(running.url)
            with pytest.raises(socketio.exceptions.ConnectionError):
                await stranger.connect(None, headers={"Cookie": cookie, "Origin": origin}, transports=transports)
    assert running.live.admitted == {}


async def test_the_header_lets_in_too(running: Door, cast: Cast) -> None:
    headers = {"Authorization": f"Bearer {running.sign_in(cast.otto)}"}
    async with connected(running.url, None, headers=headers) as otto:
        assert otto.sio.connected


async def test_signing_out_closes_the_sockets_of_that_session_alone(running: Door, cast: Cast) -> None:
    token = running.sign_in(cast.otto)
    session_id = tokens.session_of(token, key=secret_for(running.settings, "session token"), now=clock.now())
    async with (
        connected(running.url, token) as first,
        connected(running.url, token) as second,
        connected(running.url, running.sign_in(cast.otto)) as other,
    ):
        with running.databases.control.write(DOOR) as session:
            actor = sessions.actor_of(session, session_id, now=clock.now()) if session_id else None
            assert actor is not None
            sessions.sign_out(session, actor, now=clock.now())
        await first.until(lambda one: one.gone)
        await second.until(lambda one: one.gone)
        running.announce(cast.globex, "after")
        await other.until(lambda one: one.texts() == ["after"])
        assert not other.gone
        assert first.heard == []
    await other.until(lambda _: running.live.admitted == {})


async def test_who_says_nothing_is_hung_up_on(running: Door, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "STRANGER_SECONDS", 0.5)
    url = running.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    async with (
        connected(running.url, running.sign_in(cast.otto), transports=["websocket"]) as otto,
        aiohttp.ClientSession() as http,
        http.ws_connect(url) as silent,
    ):
        assert (await silent.receive()).data.startswith("0{")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await silent.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        assert otto.sio.connected


async def test_who_falls_behind_is_cut_off_and_the_others_hear_on(
    running: Door, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_WAITING", 50)
    token = running.sign_in(cast.otto)
    handshake = {"EIO": "4", "transport": "polling"}
    async with connected(running.url, token) as otto, aiohttp.ClientSession() as http:
        opened = await (await http.get(f"{running.url}/socket.io/", params=handshake)).text()
        sid = opened.split('"sid":"')[1].split('"')[0]
        said = await http.post(
            f"{running.url}/socket.io/", params={**handshake, "sid": sid}, data=f'40{{"token":"{token}"}}'
        )
        assert said.status == 200
        await otto.until(lambda _: len(running.live.admitted) == 2)
        # It never polls again, so everything waits for it.
        for number in range(80):
            running.announce(cast.globex, f"{number}")
        await otto.until(lambda one: len(one.heard) == 80)
        await otto.until(lambda _: len(running.live.admitted) == 1)
        assert otto.sio.connected


async def test_a_message_too_large_ends_the_connection_of_its_sender(running: Door, cast: Cast) -> None:
    async with connected(running.url, running.sign_in(cast.otto), transports=["websocket"]) as otto:
        await otto.sio.emit("anything", "x" * (door.LARGEST_MESSAGE + 1))
        await otto.until(lambda one: one.gone)


async def test_behind_the_front_door_people_come_in_as_well(
    test_settings: Settings, databases: Databases, cast: Cast
) -> None:
    def wrapped(app: Any, house: House) -> Any:
        return Starlette(routes=[Mount("/", app)], middleware=[Middleware(FrontDoor, house=house)])

    async with serving(test_settings, databases, wrapped) as running:
        token = running.sign_in(cast.otto)
        async with connected(running.url, token, headers={"Origin": running.url}) as otto:
            running.announce(cast.globex, "through")
            await otto.until(lambda one: one.texts() == ["through"])
        stranger = Client(running.url)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect(None)
        assert stranger.refused["message"] == "unauthorized"


PAGE = """<!doctype html><script src="/vendor/socket.io.min.js"></script><script>
  window.heard = [];
  const socket = io({auth: {token: new URLSearchParams(location.search).get("token")}});
  socket.on("activity:new", event => window.heard.push(event.data.text));
  socket.on("connect_error", error => window.refused = [error.message, error.data.detail]);
</script>"""


@pytest.mark.browser
async def test_the_script_that_we_serve_speaks_to_it_from_a_browser(
    test_settings: Settings, databases: Databases, cast: Cast
) -> None:
    def wrapped(app: Any, _house: House) -> Any:
        vendored = StaticFiles(directory=Path(__file__).parents[2] / "assets" / "static" / "vendor")
        page = Route("/page", lambda _request: HTMLResponse(PAGE))
        return Starlette(routes=[page, Mount("/vendor", vendored), Mount("/", app)])

    async with serving(test_settings, databases, wrapped) as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"{running.url}/page?token={running.sign_in(cast.otto)}")
        await page.wait_for_function("socket.connected && socket.io.engine.transport.name === 'websocket'")
        running.announce(cast.globex, "seen in a browser")
        await page.wait_for_function("window.heard.length === 1")
        assert await page.evaluate("window.heard") == ["seen in a browser"]
        await page.goto(f"{running.url}/page?token=no")
        await page.wait_for_function("window.refused")
        assert (await page.evaluate("window.refused"))[0] == "unauthorized"
        await browser.close()
