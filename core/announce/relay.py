"""The relay: tells listeners of outbox rows once they are committed, in one process of the installation at a time.

A NOTIFY inside the writing transaction would make every writer wait for a lock of the whole server; a short look at
one small index does not.
"""

import asyncio
from datetime import datetime
from typing import Any

from core.announce.statements import BATCH, LAST_MARK, RELAY
from core.jobs.alone import Standing, alone, stopped_within

LOCK = 0x_CA105_01
BUSY_SECONDS = 0.015
IDLE_SECONDS = 0.04
# So long after the last event the next one is still expected soon.
BUSY_FOR_SECONDS = 10.0


async def run_relay(control_url: str, stop: asyncio.Event) -> None:
    """Relay until `stop`; several processes may run this, one of them relays and the next goes on when it dies."""

    async def work(connection: Standing) -> None:
        # A mark lost in a crash only makes a listener hear twice, so the relay need not wait for the disk.
        await connection.execute("SET synchronous_commit = off")
        await _relay(connection, stop)

    await alone(control_url, LOCK, stop, work, application="calos relay")


async def _relay(connection: Standing, stop: asyncio.Event) -> None:
    clock = asyncio.get_running_loop().time
    last = await _last_mark(connection)
    heard = clock()
    while not stop.is_set():
        moved, last = await _pass(connection, last)
        if moved:
            heard = clock()
        pause = BUSY_SECONDS if clock() - heard < BUSY_FOR_SECONDS else IDLE_SECONDS
        if moved < BATCH and await stopped_within(stop, pause):
            return


async def _last_mark(connection: Standing) -> datetime:
    row: Any = await (await connection.execute(LAST_MARK)).fetchone()
    mark: datetime = row[0]
    return mark


async def _pass(connection: Standing, last: datetime) -> tuple[int, datetime]:
    """Relay what is committed now, and return how many rows with the newest mark."""
    row: Any = await (await connection.execute(RELAY, {"last": last})).fetchone()
    return (row[0], row[1]) if row else (0, last)
