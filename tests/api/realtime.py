"""A running realtime door and real Socket.IO clients for it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import socketio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from api.house import House
from api.live import Live, create_live, run_live
from core import clock
from core.access import sessions, tokens
from core.access.actor import Actor
from core.announce.relay import run_relay
from core.announce.writes import announce
from core.config import Settings, secret_for
from core.databases import Databases
from db.session import DOOR, SYSTEM
from tests.cast import PASSWORD
from tests.conftest import NOW

PATIENCE_SECONDS = 10.0


class Server(uvicorn.Server):
    """uvicorn within a test: leaves the signals of the process alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@dataclass
class Door:
    """The running realtime door and its address."""

    live: Live
    url: str
    databases: Databases
    settings: Settings

    def sign_in(self, actor: Actor) -> str:
        """Begin a session as the sign-in page does and return its token."""
        with self.databases.control.write(DOOR) as session:
            made = sessions.sign_in(
                session,
                actor.label,
                PASSWORD,
                now=clock.now(),
                address="127.0.0.1",
                user_agent="test",
                idle_minutes=30,
                hours=1,
            )
        assert isinstance(made, sessions.SignedIn)
        return tokens.issue(made.session_id, made.expires_at, key=secret_for(self.settings, "session token"))

    def announce(self, organization_id: UUID, text: str) -> None:
        """Announce something, committed."""
        with self.databases.control.write(SYSTEM) as session:
            announce(session, organization_id, "activity:new", {"text": text}, now=NOW)


class Client:
    """A Socket.IO client that keeps what it heard."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.sio = socketio.AsyncClient(reconnection=False)
        self.heard: list[dict[str, Any]] = []
        self.refused: Any = None
        self.gone = False
        self.sio.on("activity:new", self.heard.append)
        self.sio.on("connect_error", self._refused)
        self.sio.on("disconnect", self._gone)

    def _refused(self, why: Any) -> None:
        self.refused = why

    def _gone(self, _reason: str) -> None:
        self.gone = True

    def texts(self) -> list[str]:
        """Return the text of each event heard."""
        return [event["data"]["text"] for event in self.heard]

    async def connect(self, token: str | None, **options: Any) -> "Client":
        """Connect as `io({auth: {token}})` does."""
        await self.sio.connect(self.url, auth={"token": token} if token else None, **options)
        return self

    async def until(self, condition: Callable[["Client"], bool]) -> None:
        """Wait for the condition."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition(self):
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(settings: Settings, databases: Databases, wrap: Callable[[Any, House], Any]) -> AsyncIterator[Door]:
    """Yield the door served over a real port, with its relay; `wrap` may put something before it."""
    house = House(settings, ready=True, opened=databases)
    live = create_live(house)
    app = wrap(Starlette(routes=[Mount("/socket.io", live.app)]), house)
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(server.serve(sockets=[listening])),
        asyncio.create_task(run_relay(databases.control_url, stop)),
        asyncio.create_task(run_live(live, stop)),
    ]
    made = Door(live, f"http://127.0.0.1:{listening.getsockname()[1]}", databases, settings)
    await _listening(databases)
    yield made
    stop.set()
    server.should_exit = True
    server.force_exit = True
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*tasks)


async def _listening(databases: Databases) -> None:
    """Wait until the door has said LISTEN: what is announced before is not its business."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with databases.control.engine.connect() as connection:
                asked = connection.exec_driver_sql(
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                    "AND application_name = 'calos listener' AND query LIKE '%%FROM outbox%%'"
                ).first()
            if asked:
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(url: str, token: str | None, **options: Any) -> AsyncIterator[Client]:
    """Yield a connected client."""
    made = await Client(url).connect(token, **options)
    yield made
    await made.sio.disconnect()
    await made.sio.eio.disconnect()
