"""Starting the house behind an open port, step by step, and ending it so that nothing is left running."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import structlog
from anyio import to_thread
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from api import background
from api.house import House
from api.live import Live
from core import clock
from core.access import credentials_file, setup
from core.databases import databases, door_url, migrate_all, owner_urls, refusal_of
from core.demo import world
from core.errors import CalosError
from core.licensing.door import open_door as open_verify_door
from core.licensing.seat_door import open_door as open_seat_door
from core.telemetry.door import open_door as open_ingest_door
from db import embedded
from db.session import SYSTEM

log = structlog.get_logger("calos.start")
Made = TypeVar("Made")

SWITCH_SECONDS = 0.0005
YOUNG_OBJECTS = 20_000

DATABASE = "Start PostgreSQL"
TABLES = "Bring the tables up to date"
PEOPLE = "Read who may sign in"
DEMO = "Build the demo world"
DOORS = "Open the doors"


def settle_memory() -> None:
    """Let the garbage collector pass over what is loaded by now, which stays, and look at what is new less often.

    Streamlit collects after every script run. By itself Python looks through the youngest at every 700th object, which
    a few dozen requests under way hold between them: each time in vain.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)


class Boot:
    """One start of one process: with `work` it also builds the demo and does what runs in the background."""

    def __init__(
        self,
        house: House,
        api: FastAPI,
        *,
        work: bool,
        live: Live | None = None,
        preload: Callable[[], None] | None = None,
    ) -> None:
        self.house, self.api, self.work, self.live, self.preload = house, api, work, live, preload
        self._stack = AsyncExitStack()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start in the background so that the port answers at once; on leaving, close what was opened."""
        for label in (DATABASE, TABLES, *([DEMO] if self._wants_demo() else []), PEOPLE, DOORS):
            self.house.progress.begin(label).state = "waiting"
        starting = asyncio.create_task(self._start())
        try:
            yield
        finally:
            self.house.ready = False
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await self._stack.aclose()
            databases.cache_clear()
            if not self.house.settings.database_url:
                await to_thread.run_sync(embedded.release, self.house.settings.home)

    def _wants_demo(self) -> bool:
        return self.house.settings.demo and self.work

    async def _start(self) -> None:
        try:
            await self._steps()
        except (CalosError, DBAPIError) as known:
            told = refusal_of(known, self.house.settings) if isinstance(known, DBAPIError) else known
            self._failed(told.message)
            log.warning("start failed", cause=told.message)
        except Exception as failure:
            self._failed(f"{type(failure).__name__}: {failure}")
            log.exception("start failed", cause=str(failure))

    def _failed(self, cause: str) -> None:
        """Show the cause; the process stays, so that it can be read."""
        self.house.progress.error = cause
        for step in self.house.progress.steps:
            step.state = "failed" if step.state == "now" else step.state

    async def _steps(self) -> None:
        house, settings = self.house, self.house.settings
        await self._step(DATABASE, lambda: owner_urls(settings))
        await self._step(TABLES, lambda: migrate_all(settings))
        house.opened = await to_thread.run_sync(databases)
        self._stack.callback(house.opened.close)
        if self._wants_demo():
            await self._step(DEMO, self._demo)
        await self._step(PEOPLE, self._people)
        step = house.progress.begin(DOORS)
        await self._doors()
        if self.preload is not None:
            await to_thread.run_sync(self.preload)
            # Pages compute in threads beside the API's: a request must not wait 5 ms for each of them, again and again.
            sys.setswitchinterval(SWITCH_SECONDS)
        step.state = "done"
        settle_memory()
        house.ready = True
        log.info("ready", address=settings.origin, doors=["/api/enterprise/customers", "/socket.io", "/login"])

    async def _step(self, label: str, work: Callable[[], Made]) -> Made:
        step = self.house.progress.begin(label)
        try:
            made = await to_thread.run_sync(work)
        except BaseException:
            step.state = "failed"
            raise
        step.state = "done"
        return made

    def _people(self) -> None:
        settings = self.house.settings
        with self.house.databases.control.write(SYSTEM) as session:
            if settings.credentials_file.is_file():
                for sentence in credentials_file.import_file(session, settings.credentials_file, now=clock.now()):
                    log.warning("credentials file", detail=sentence)
            if self.work:
                # The demo world has its own owner, but the test customer alone has none.
                token = setup.make_setup_link(session, now=clock.now())
                if token is not None:
                    self.house.setup_url = f"{settings.origin}/setup?token={token}"
                    log.warning("first start: make the first owner at", url=self.house.setup_url)

    def _demo(self) -> None:
        step = self.house.progress.begin(DEMO)

        def report(detail: str) -> None:
            step.detail = detail

        world.build_once(self.house.databases, self.house.settings, now=clock.now(), report=report)

    async def _doors(self) -> None:
        house, state = self.house, self.api.state
        opened = house.databases
        state.databases = opened
        state.settings = house.settings
        state.verify_door = await open_verify_door(door_url(opened.control_url), house.settings.home)
        self._stack.push_async_callback(state.verify_door.close)
        state.seat_door = await open_seat_door(door_url(opened.control_url))
        self._stack.push_async_callback(state.seat_door.close)
        state.ingest_door = await open_ingest_door(
            door_url(opened.control_url),
            door_url(opened.telemetry_url),
            retention_days=house.settings.telemetry_retention_days,
        )
        self._stack.push_async_callback(state.ingest_door.close)
        await self._stack.enter_async_context(
            background.running(house, work=self.work and house.settings.worker, live=self.live)
        )
