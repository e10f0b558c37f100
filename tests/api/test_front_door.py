"""The front door: what anonymous callers reach, who is handed on, and what another site cannot do."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.closed_list import INSTALL_DOORS, PUBLIC_PATHS
from api.front_door import COOKIE, FrontDoor
from api.house import House
from core import clock
from core.access import sessions, tokens
from core.access.sessions import SignedIn
from core.config import Settings, secret_for
from core.databases import Databases
from db.session import DOOR
from tests.cast import PASSWORD, Cast

SOCKET = "ws://localhost:5001/_stcore/stream"


async def _echo(request: Request) -> JSONResponse:
    actor = request.scope["state"].get("actor")
    return JSONResponse(
        {
            "actor": actor.label if actor else None,
            "session": request.headers.get("x-calos-session"),
            "request_id": request.scope["state"]["request_id"],
        }
    )


async def _socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.headers.get("x-calos-session", ""))
    await websocket.close()


@pytest.fixture
def house(test_settings: Settings, databases: Databases, cast: Cast) -> House:
    return House(test_settings, ready=True, opened=databases)


@pytest.fixture
def client(house: House) -> TestClient:
    app = Starlette(
        routes=[
            WebSocketRoute("/_stcore/stream", _socket),
            Route("/{path:path}", _echo, methods=["GET", "POST", "DELETE"]),
        ],
        middleware=[Middleware(FrontDoor, house=house)],
    )
    return TestClient(app, base_url="http://localhost:5001", follow_redirects=False)


@pytest.fixture
def token(test_settings: Settings, databases: Databases, cast: Cast) -> str:
    return sign_in(test_settings, databases, "sam@calos.test")


def sign_in(settings: Settings, databases: Databases, email: str) -> str:
    """Begin a session as the sign-in page does and return its token."""
    with databases.control.write(DOOR) as session:
        made = sessions.sign_in(
            session,
            email,
            PASSWORD,
            now=clock.now(),
            address="127.0.0.1",
            user_agent="test",
            idle_minutes=30,
            hours=1,
        )
    assert isinstance(made, SignedIn)
    return tokens.issue(made.session_id, made.expires_at, key=secret_for(settings, "session token"))


@pytest.mark.parametrize("path", ["/", "/customers", "/enterprise-dashboard.html", "/anything/else?x=1"])
def test_an_anonymous_page_is_sent_to_sign_in(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


@pytest.mark.parametrize(
    "path", ["/media/abc", "/_stcore/health", "/_stcore/upload_file/1", "/static/x.js", "/component/a"]
)
def test_streamlits_own_paths_are_closed_too(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("path", ["/api/enterprise/customers", "/api", "/api/nowhere"])
def test_the_api_answers_401_as_a_problem(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", sorted(PUBLIC_PATHS | INSTALL_DOORS))
def test_the_closed_list_is_reached_by_anybody(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_an_anonymous_websocket_is_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET):
        pass


def test_a_session_is_handed_on_by_cookie_and_by_bearer(client: TestClient, token: str) -> None:
    by_bearer = client.get("/api/x", headers={"Authorization": f"Bearer {token}"}).json()
    by_cookie = client.get("/customers", headers={"Cookie": f"{COOKIE}={token}"}).json()
    assert by_bearer["actor"] == by_cookie["actor"] is not None
    assert by_cookie["session"]


def test_identity_headers_from_outside_are_dropped(client: TestClient, token: str) -> None:
    answer = client.get("/login", headers={"X-Calos-Session": "0" * 32})
    assert answer.json()["session"] is None


def test_a_websocket_carries_the_session_from_our_own_page_only(client: TestClient, token: str) -> None:
    cookie = {"Cookie": f"{COOKIE}={token}"}
    with client.websocket_connect(SOCKET, headers={**cookie, "Origin": "http://localhost:5001"}) as socket:
        assert socket.receive_text()
    for origin in ("http://evil.test", "http://localhost:5002", "null"):
        with (
            pytest.raises(WebSocketDisconnect),
            client.websocket_connect(SOCKET, headers={**cookie, "Origin": origin}),
        ):
            pass


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:5001"}, 200),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 403),
    ],
)
def test_a_write_by_cookie_must_come_from_our_pages(
    client: TestClient, token: str, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/api/x", headers={"Cookie": f"{COOKIE}={token}", **headers})
    assert answer.status_code == status


def test_a_write_by_bearer_needs_no_origin(client: TestClient, token: str) -> None:
    assert client.post("/api/x", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_revoked_session_ends_at_once(
    client: TestClient, token: str, databases: Databases, test_settings: Settings
) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/x", headers=bearer).status_code == 200
    session_id = tokens.session_of(token, key=secret_for(test_settings, "session token"), now=clock.now())
    assert session_id is not None
    with databases.control.write(DOOR) as session:
        actor = sessions.actor_of(session, session_id, now=clock.now())
        assert actor is not None
        sessions.sign_out(session, actor, now=clock.now())
    assert client.get("/api/x", headers=bearer).status_code == 401


def test_sign_in_is_limited_per_address(client: TestClient) -> None:
    answers = [client.post("/api/auth/token") for _ in range(32)]
    assert [a.status_code for a in answers[:30]] == [200] * 30
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=30;w=60'


def test_every_answer_carries_its_request_id_and_guards(client: TestClient) -> None:
    given = "0190a0a0-aaaa-7bbb-8ccc-0123456789ab"
    answer = client.get("/login", headers={"X-Request-Id": given})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == given
    assert answer.headers["x-frame-options"] == "DENY"
    forged = client.get("/login", headers={"X-Request-Id": "a\tb<script>"})
    assert "<" not in forged.headers["x-request-id"]


def test_while_starting_people_see_progress_and_programs_a_503(client: TestClient, house: House) -> None:
    house.ready = False
    house.progress.begin("Start PostgreSQL")
    page = client.get("/customers")
    assert page.status_code == 503
    assert "Start PostgreSQL" in page.text
    told: dict[str, Any] = client.get("/api/enterprise/stats").json()
    assert told["code"] == "starting"
    assert client.get("/healthz").status_code == 200


def test_a_nul_in_the_address_is_refused(client: TestClient, token: str) -> None:
    assert client.get("/api/x?q=%00", headers={"Authorization": f"Bearer {token}"}).status_code == 400


def test_an_expired_token_says_that_the_session_has_ended(client: TestClient, test_settings: Settings) -> None:
    from core.ids import new_id

    old = tokens.issue(new_id(), clock.now() - timedelta(minutes=1), key=secret_for(test_settings, "session token"))
    answer = client.get("/api/x", headers={"Authorization": f"Bearer {old}"})
    assert answer.status_code == 401
    assert "ended" in answer.json()["detail"]
