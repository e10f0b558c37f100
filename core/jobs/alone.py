"""Work that one process of the installation does at a time, the one holding a lock on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psycopg
import structlog

Standing = psycopg.AsyncConnection[tuple[object, ...]]

# How soon somebody else goes on after the process that held the lock has died.
TAKEOVER_SECONDS = 0.5
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0

log = structlog.get_logger("calos.jobs")


@asynccontextmanager
async def standing(url: str, application: str) -> AsyncIterator[Standing]:
    """Yield a connection that lasts (for LISTEN, for a lock), in autocommit, seeing every organization.

    Keepalives tell within half a minute that the server's machine is gone; a pool would never notice.
    """
    connection = await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        application_name=application,
        connect_timeout=5,
        keepalives=1,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )
    async with connection:
        await connection.execute("SET app.scope = 'system'; SET timezone = 'UTC'")
        yield connection


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for `stop`, at most so long, and return whether it was set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return stop.is_set()
    return True


async def alone(
    url: str,
    lock: int,
    stop: asyncio.Event,
    work: Callable[[Standing], Awaitable[None]],
    *,
    application: str,
) -> None:
    """Run `work` until `stop`, in the one process of the installation that holds `lock`; the others stand by.

    `work` gets the connection that holds the lock, and returns when `stop` is set. A lost connection loses the lock
    too: `work` ends with psycopg's error, and this process applies for the lock again.
    """

    async def once(connection: Standing) -> None:
        while not await _taken(connection, lock):
            if await stopped_within(stop, TAKEOVER_SECONDS):
                return
        await work(connection)

    await persistently(url, stop, once, application=application)


async def persistently(
    url: str, stop: asyncio.Event, work: Callable[[Standing], Awaitable[None]], *, application: str
) -> None:
    """Run `work` on a standing connection until `stop`, connecting anew, ever more patiently, when it is lost."""
    wait = FIRST_WAIT_SECONDS
    clock = asyncio.get_running_loop().time
    while not stop.is_set():
        began = clock()
        try:
            async with standing(url, application) as connection:
                await work(connection)
        except psycopg.Error as lost:
            log.warning("database connection lost, connecting again", of=application, error=str(lost).strip())
        # What ran well for a while starts its patience anew.
        wait = FIRST_WAIT_SECONDS if clock() - began > LONGEST_WAIT_SECONDS else wait
        if await stopped_within(stop, wait):
            return
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)


async def _taken(connection: Standing, lock: int) -> bool:
    # Asked again and again rather than waited for: a statement that waits holds back vacuum for as long.
    row = await (await connection.execute("SELECT pg_try_advisory_lock(%s)", (lock,))).fetchone()
    return row is not None and bool(row[0])
