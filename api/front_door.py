"""The one middleware in front of everything, HTTP and websockets: denies by default, says who asks, counts and logs."""

import re
import time
from dataclasses import replace
from datetime import datetime
from itertools import count
from secrets import token_hex
from urllib.parse import quote
from uuid import UUID

import structlog
from anyio import to_thread
from limits import RateLimitItem
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api import closed_list, metrics, rates
from api.answers import Answer, Close
from api.house import House
from api.looks import render
from api.problems import NO_DATABASE_ERRORS, from_error, problem, refused_by_database
from api.starting import starting_page
from core import clock
from core.access import sessions, tokens
from core.access.actor import Actor
from core.config import secret_for
from core.databases import LOCK_SECONDS
from core.ids import new_id
from db.session import DOOR

COOKIE = "auth-token"
IDENTITY_HEADER = b"x-calos-session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_TOUCHED = 10_000
TOUCH_SECONDS = 30.0
# Each of these may keep a thread busy for seconds.
LONG_WORK = frozenset({"/api/export", "/api/financial/board-report", "/api/telemetry/bundles"})
# Streamlit's own, which tell sizes and names of ours to whoever gets past us.
STREAMLIT_METRICS = "/_stcore/metrics"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# Files, probes, and doors that are used thousands of times a second are counted, not logged.
UNLOGGED = ("/static/", "/app/static/", "/assets/", "/healthz", "/readyz", "/status", *closed_list.INSTALL_DOORS)

log = structlog.get_logger("calos.request")


class FrontDoor:
    """Pure ASGI, so that it covers websockets too and costs the install doors next to nothing."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house
        self.rates = rates.Rates(house.settings.door_rate)
        self.key = secret_for(house.settings, "session token")
        self._touched: dict[UUID, float] = {}
        # Ids for requests of which nothing is kept: of this process, and counted.
        self._name, self._numbers = token_hex(8), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the app."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        scope["headers"] = [pair for pair in scope["headers"] if not pair[0].startswith(b"x-calos-")]
        state = scope.setdefault("state", {})
        state["address"] = self._address(scope)
        answer = Answer(send, state, https=self.house.settings.https)
        began = time.perf_counter()
        door = self.house.doors.get(scope["path"])
        if door is not None and self.house.ready and scope.get("method") == "POST" and not scope["query_string"]:
            state["request_id"] = _given_id(scope) or f"{self._name}-{next(self._numbers)}"
            await self._go_on(self._of_install(scope) or door, scope, receive, answer)
            metrics.observe(scope, answer.status, time.perf_counter() - began)
            return
        request = HTTPConnection(scope)
        state["request_id"] = _given_id(scope) or str(new_id())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=state["request_id"])
        try:
            refusal = await self._refusal(request, scope)
        except NO_DATABASE_ERRORS as failure:
            refusal = _no_database(scope, failure)
        await self._go_on(refusal or self.app, scope, receive, answer)
        self._note(scope, answer, time.perf_counter() - began)

    async def _go_on(self, app: ASGIApp, scope: Scope, receive: Receive, answer: Answer) -> None:
        try:
            await app(scope, receive, answer)
        except NO_DATABASE_ERRORS as failure:
            if scope["type"] == "websocket" or answer.status:
                raise
            await _no_database(scope, failure)(scope, receive, answer)

    async def _refusal(self, request: HTTPConnection, scope: Scope) -> Response | Close | None:
        """Return why this request goes no further, or None; sets `actor` in its state on the way."""
        path: str = scope["path"]
        if _CONTROL.search(path) or b"%00" in scope.get("query_string", b""):
            # A line end would also slip past every mount, whose patterns stop at it.
            return _problem(scope, 400, "unreadable_request", "The address holds a control character; take it out.")
        if not path.startswith("/"):
            return _problem(scope, 400, "unreadable_request", "An address here begins with a slash.")
        if not self.house.ready and not _while_starting(path):
            return Close() if scope["type"] == "websocket" else starting_page(self.house, scope)
        if path in closed_list.INSTALL_DOORS:
            return self._of_install(scope)
        if path.startswith("/socket.io/"):
            # The realtime door admits people itself: its clients may be scripts that send their token within.
            return self._admitted(self.rates.door.take(f"live:{scope['state']['address']}", _second()), scope)
        if path.startswith("/assets/") or _while_starting(path):
            return None
        return await self._refusal_of_person(request, scope, path)

    async def _refusal_of_person(self, request: HTTPConnection, scope: Scope, path: str) -> Response | Close | None:
        token, by_cookie = _credential(request)
        session_id = tokens.session_of(token, key=self.key, now=clock.now()) if token else None
        if path.startswith(closed_list.BUNDLE_PREFIXES) and session_id is not None:
            return None
        actor = await self._actor(session_id, scope) if session_id else None
        limited = self._limit(actor, scope, path)
        if limited is not None:
            return limited
        if actor is None and not closed_list.is_public(path):
            return _turned_away(scope, path, had_token=bool(token))
        if (by_cookie or scope["type"] == "websocket") and not _same_origin(request, scope):
            return _wrong_origin(scope)
        if path.rstrip("/") == STREAMLIT_METRICS and not metrics.may_read(actor):
            return _problem(scope, 403, "not_permitted", "Metrics are for the vendor's people who may read security.")
        if actor is not None:
            scope["state"]["actor"] = actor
            scope["headers"] = [*scope["headers"], (IDENTITY_HEADER, str(session_id).encode())]
        return None

    async def _actor(self, session_id: UUID, scope: Scope) -> Actor | None:
        found = await to_thread.run_sync(self._look_up, session_id, clock.now())
        if found is None:
            return None
        return replace(found, address=scope["state"]["address"], request_id=scope["state"]["request_id"])

    def _look_up(self, session_id: UUID, now: datetime) -> Actor | None:
        """Read who the session belongs to, and note now and then that it is in use."""
        with self.house.databases.control.read(DOOR) as session:
            actor = sessions.actor_of(session, session_id, now=now)
        if actor is not None and time.monotonic() - self._touched.get(session_id, -TOUCH_SECONDS) >= TOUCH_SECONDS:
            if len(self._touched) > MOST_TOUCHED:
                # Forgetting them only makes each be noted once more.
                self._touched.clear()
            self._touched[session_id] = time.monotonic()
            with self.house.databases.control.write(DOOR, lock_seconds=LOCK_SECONDS) as session:
                sessions.touch(session, session_id, now=now, idle_minutes=self.house.settings.session_idle_minutes)
        return actor

    def _limit(self, actor: Actor | None, scope: Scope, path: str) -> Response | Close | None:
        address = scope["state"]["address"]
        if scope.get("method") == "POST" and path in {"/login", "/api/auth/token", "/setup"}:
            return self._limited(rates.SIGN_IN, f"sign-in:{address}", scope)
        if actor is None:
            return self._limited(rates.ANONYMOUS, f"anonymous:{address}", scope)
        if path.rstrip("/") in LONG_WORK:
            return self._limited(rates.LONG_WORK, f"{path.rstrip('/')}:{actor.id}", scope)
        if path.startswith("/api/"):
            return self._limited(rates.SIGNED_IN, f"{actor.kind}:{actor.id}", scope)
        return None

    def _of_install(self, scope: Scope) -> Response | Close | None:
        return self._admitted(self.rates.door.take(f"door:{scope['state']['address']}", _second()), scope)

    def _limited(self, limit: RateLimitItem, key: str, scope: Scope) -> Response | Close | None:
        return self._admitted(self.rates.take(limit, key), scope)

    def _admitted(self, allowance: rates.Allowance, scope: Scope) -> Response | Close | None:
        scope["state"]["rate_headers"] = allowance.pairs()
        if allowance.allowed:
            return None
        if scope["type"] == "websocket":
            return Close()
        wait = max(1, allowance.reset)
        sentence = f"Too many requests: at most {allowance.limit} a minute. Try again in {wait} s."
        if scope["path"] in {"/login", "/setup"}:
            return render(
                "message.html",
                429,
                allowance.headers(),
                title="Too many attempts",
                sentence=sentence,
                advice="If you have forgotten your password, ask an owner or admin for a new one.",
                link={"href": "/login", "label": "Back to sign-in"},
            )
        return _problem(scope, 429, "rate_limited", sentence, allowance.headers())

    def _address(self, scope: Scope) -> str:
        """Return where the request comes from; behind a declared proxy, what the proxy saw."""
        if self.house.settings.https_proxy and (seen := HTTPConnection(scope).headers.get("x-forwarded-for")):
            return seen.split(",")[-1].strip()[:64]
        return str(scope["client"][0]) if scope.get("client") else ""

    def _note(self, scope: Scope, answer: Answer, seconds: float) -> None:
        if scope["type"] != "http":
            return
        metrics.observe(scope, answer.status, seconds)
        if scope["path"].startswith(UNLOGGED):
            return
        actor: Actor | None = scope["state"].get("actor")
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=answer.status,
            ms=round(seconds * 1000, 1),
            actor=actor.id if actor else None,
        )


def _while_starting(path: str) -> bool:
    return path in closed_list.WHILE_STARTING or path.startswith("/assets/")


def _given_id(scope: Scope) -> str | None:
    """Return the id that the caller gave the request, if it is one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = str(value.decode("latin-1"))
            return given if 8 <= len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum() else None
    return None


def _second() -> int:
    return int(time.monotonic())


def _credential(request: HTTPConnection) -> tuple[str, bool]:
    """Return the token and whether it came by cookie, where another site could have sent it along."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip(), False
    cookie = request.cookies.get(COOKIE, "")
    return cookie, bool(cookie)


def _same_origin(request: HTTPConnection, scope: Scope) -> bool:
    """Whether the request comes from our own pages; the cookie alone proves nothing for a write or a socket."""
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
        return True
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") in {"same-origin", "none"}
    scheme, _, host = origin.partition("://")
    return scheme in {"http", "https"} and host == request.headers.get("host", "")


def _turned_away(scope: Scope, path: str, *, had_token: bool) -> Response | Close:
    if scope["type"] == "websocket":
        return Close()
    if path.startswith("/api/") or path == "/api":
        sentence = "Your session has ended; sign in again." if had_token else "Sign in, or send an API token."
        return _problem(scope, 401, "not_signed_in", sentence, {"WWW-Authenticate": "Bearer"})
    if scope["method"] not in SAFE_METHODS or path.startswith(("/_stcore", "/media", "/component", "/static")):
        return _problem(scope, 401, "not_signed_in", "Sign in first.")
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = path + (f"?{query}" if query else "")
    return RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='')}", 303)


def _wrong_origin(scope: Scope) -> Response | Close:
    if scope["type"] == "websocket":
        return Close()
    sentence = "This request does not come from Calos's own pages, so nothing was done."
    return _problem(scope, 403, "wrong_origin", sentence)


def _no_database(scope: Scope, failure: Exception) -> Response | Close:
    refusal = refused_by_database(failure)
    if scope["type"] == "websocket":
        return Close()
    if scope["path"].startswith("/api/"):
        return from_error(refusal, scope["state"]["request_id"])
    return render(
        "message.html",
        503,
        title="Calos can't answer right now",
        sentence=refusal.message,
        request_id=scope["state"]["request_id"],
    )


def _problem(scope: Scope, status: int, code: str, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return problem(status, code, sentence, request_id=scope["state"]["request_id"], headers=headers)
