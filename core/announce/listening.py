"""Listening to the relay: every committed event once it is told, in order, none lost while the connection was."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from core.announce.events import Event
from core.announce.statements import AFTER, BATCH, CHANNEL, NEWEST
from core.jobs.alone import Standing, persistently

# A notification only wakes the listener; it looks by itself now and then, should one ever be missed.
LOOK_SECONDS = 1.0
Position = tuple[datetime, int]
Deliver = Callable[[list[Event]], Awaitable[None]]


async def listen(control_url: str, stop: asyncio.Event, deliver: Deliver) -> None:
    """Hand each event committed from now on to `deliver`, in batches, until `stop`.

    After an outage it goes on where it was. An event may come twice (its id tells) when the database crashed between
    telling and remembering that it did.
    """
    heard_to: Position | None = None

    async def work(connection: Standing) -> None:
        nonlocal heard_to
        await connection.execute(f"LISTEN {CHANNEL}")
        if heard_to is None:
            heard_to = await _newest(connection)
        while not stop.is_set():
            rows = await _after(connection, heard_to)
            if rows:
                await deliver([Event(*row[1:]) for row in rows])
                heard_to = (rows[-1][0], rows[-1][1])
            if len(rows) < BATCH:
                await _notified(connection)

    await persistently(control_url, stop, work, application="calos listener")


async def _notified(connection: Standing) -> None:
    async for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
        pass


async def _newest(connection: Standing) -> Position:
    row: Any = await (await connection.execute(NEWEST)).fetchone()
    return row or (datetime.fromisoformat("1970-01-01T00:00:00+00:00"), 0)


async def _after(connection: Standing, position: Position) -> list[Any]:
    return await (await connection.execute(AFTER, position)).fetchall()
