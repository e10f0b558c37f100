"""The realtime door: Socket.IO for signed-in people, who hear what happens in their organization after its commit."""

import asyncio
import gc
import time
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import socketio
import structlog
from sqlalchemy.exc import SQLAlchemyError

from api import metrics
from api.front_door import COOKIE
from api.house import House
from core import clock
from core.access import sessions, tokens
from core.access.actor import Actor
from core.access.session_watch import still_live
from core.announce.events import Event
from core.announce.listening import listen
from core.config import secret_for
from core.errors import NotPermitted
from core.jobs.alone import stopped_within
from db.session import DOOR

VENDOR_ROOM: Final = "vendor"
LARGEST_MESSAGE: Final = 64_000
# A client this many messages behind is cut off: it comes back and reads on by cursor, rather than eat our memory.
MOST_WAITING: Final = 1_000
ROUND_SECONDS: Final = 1.0
# How long a connection may stay without saying who it is.
STRANGER_SECONDS: Final = 10.0
SETTLE_EVERY: Final = 250

log = structlog.get_logger("calos.live")


@dataclass(frozen=True)
class Admitted:
    """A socket whose person we know: the session that let it in, and its connection below Socket.IO."""

    session_id: UUID
    connection: str


@dataclass
class Live:
    """The realtime door of this process: mount `app` at /socket.io, and run `run_live` beside it."""

    house: House
    sio: Any
    app: Any
    admitted: dict[str, Admitted] = field(default_factory=dict)
    strangers: dict[str, float] = field(default_factory=dict)
    settled: int = 0


def create_live(house: House) -> Live:
    """Build the door; nothing is looked up before the first connection, so the house may still be opening."""
    sio = socketio.AsyncServer(
        async_mode="asgi",
        cors_allowed_origins=lambda origin, environ: _is_ours(house, origin, environ),
        max_http_buffer_size=LARGEST_MESSAGE,
    )
    live = Live(house, sio, socketio.ASGIApp(sio, socketio_path=None))

    async def connect(sid: str, environ: dict[str, Any], auth: object) -> None:
        await _admit(live, sid, environ, auth)

    async def disconnect(sid: str, _reason: str) -> None:
        live.admitted.pop(sid, None)

    sio.on("connect", connect)
    sio.on("disconnect", disconnect)
    return live


async def run_live(live: Live, stop: asyncio.Event) -> None:
    """Send committed events to the sockets that may hear them, and keep out who has signed out, until `stop`."""

    async def deliver(batch: list[Event]) -> None:
        for event in batch:
            await live.sio.emit(event.type, event.as_wire(), to=[room_of(event.organization_id), VENDOR_ROOM])

    listening = asyncio.create_task(listen(live.house.databases.control_url, stop, deliver))
    try:
        while not await stopped_within(stop, ROUND_SECONDS):
            await _round(live)
            if listening.done():
                break
    finally:
        await listening


def room_of(organization_id: UUID) -> str:
    """Return the room in which an organization's people hear what happens there."""
    return f"org:{organization_id}"


async def _admit(live: Live, sid: str, environ: dict[str, Any], auth: object) -> None:
    """Let a socket into its rooms, or refuse it in a word for scripts and a sentence for people."""
    connection = live.sio.manager.eio_sid_from_sid(sid, "/")
    try:
        actor = await asyncio.to_thread(_actor, live.house, _token(environ, auth), clock.now())
        if actor is None or actor.session_id is None:
            raise _refused(live, connection, "unauthorized", "Sign in, or send a good token as auth.token.")
        actor.require_hearing()
    except NotPermitted as refused:
        raise _refused(live, connection, refused.code, refused.message) from refused
    except SQLAlchemyError as failure:
        log.warning("a socket could not be let in", error=type(failure).__name__)
        sentence = "Calos can't look up your session right now; try again shortly."
        raise _refused(live, connection, "unavailable", sentence) from failure
    live.admitted[sid] = Admitted(actor.session_id, connection)
    await live.sio.enter_room(sid, room_of(actor.organization_id))
    if actor.realm == "vendor":
        await live.sio.enter_room(sid, VENDOR_ROOM)


def _refused(live: Live, connection: str, word: str, sentence: str) -> Exception:
    """Return the refusal, and have the connection hung up on in the next round, when it has been told."""
    live.strangers[connection] = time.monotonic() - STRANGER_SECONDS + ROUND_SECONDS
    refusal: Exception = socketio.exceptions.ConnectionRefusedError(word, {"detail": sentence})
    return refusal


def _actor(house: House, token: str, now: datetime) -> Actor | None:
    session_id = tokens.session_of(token, key=secret_for(house.settings, "session token"), now=now)
    if session_id is None:
        return None
    with house.databases.control.read(DOOR) as session:
        return sessions.actor_of(session, session_id, now=now)


def _token(environ: dict[str, Any], auth: object) -> str:
    """Return the credential of a handshake: `auth.token`, else the Authorization header, else the cookie.

    A page of somebody else's may make a browser send our cookie, but never without its own Origin, which `_is_ours`
    has refused by now.
    """
    if isinstance(auth, dict) and isinstance(auth.get("token"), str):
        return str(auth["token"])
    scheme, _, value = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(value.strip())
    try:
        cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


def _is_ours(house: House, origin: str, environ: dict[str, Any]) -> bool:
    """Whether a browser's request comes from a page of the host it asks, by https where we are served by it."""
    page = urlsplit(origin)
    return page.netloc == environ.get("HTTP_HOST") and (page.scheme == "https" or not house.settings.https)


async def _round(live: Live) -> None:
    """Close what should not be open: ended sessions, strangers, and clients that have fallen behind."""
    await _close_ended(live)
    sockets = dict(live.sio.eio.sockets)
    known = {one.connection for one in live.admitted.values()}
    now = time.monotonic()
    live.strangers = {eio: live.strangers.get(eio, now) for eio in sockets if eio not in known}
    for eio, socket in sockets.items():
        if socket.queue.qsize() > MOST_WAITING:
            _drop_waiting(socket)
            await _hang_up(socket)
        elif now - live.strangers.get(eio, now) > STRANGER_SECONDS:
            await _hang_up(socket)
    _settle(live, len(sockets))
    metrics.SOCKETS.set(len(live.admitted))


def _settle(live: Live, sockets: int) -> None:
    """Take lasting connections out of the garbage collector's sight: at 5,000 each full look holds everybody up 0.5 s.

    Most of what they hold goes when they close; what refers to itself waits until half of them have.
    """
    if sockets - live.settled >= SETTLE_EVERY:
        gc.freeze()
        live.settled = sockets
    elif sockets < live.settled // 2:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        live.settled = sockets


async def _close_ended(live: Live) -> None:
    open_for = {one.session_id for one in live.admitted.values()}
    if not open_for:
        return
    try:
        alive = await asyncio.to_thread(_still_live, live.house, open_for, clock.now())
    except SQLAlchemyError as failure:
        log.warning("sessions of open sockets could not be checked", error=type(failure).__name__)
        return
    ended = open_for - alive
    for sid in [sid for sid, one in live.admitted.items() if one.session_id in ended]:
        await live.sio.disconnect(sid)


def _still_live(house: House, session_ids: set[UUID], now: datetime) -> set[UUID]:
    with house.databases.control.read(DOOR) as session:
        return still_live(session, session_ids, now=now)


def _drop_waiting(socket: Any) -> None:
    while not socket.queue.empty():
        socket.queue.get_nowait()
        socket.queue.task_done()


async def _hang_up(socket: Any) -> None:
    """Close a connection without waiting for its client to agree."""
    await socket.close(wait=False)
    # Engine.IO's writer takes this as the end and closes the websocket, which it would otherwise leave to the client.
    await socket.queue.put(None)
