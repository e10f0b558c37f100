"""The seat door: installations take seats for their users, keep them by heartbeats and give them back."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from core.errors import UpstreamFailed
from core.ids import digest
from core.licensing import seat_statements, statements
from core.licensing.activation import state_of
from core.licensing.seats import SeatAnswer, seat_verdict
from core.licensing.verdicts import Question
from core.licensing.verification import decide

ANSWER_SECONDS: Final = 5
POOL_SIZE: Final = 4
# So many heartbeats fall within a lease: one or two may be lost on the way.
BEATS: Final = 3

log = structlog.get_logger("calos.seats")


class SeatDoor:
    """One a process and event loop; made by `open_door`.

    A seat is given with the license's row locked, so that never more are in use than it has, whichever process is
    asked. Heartbeats go the same way: a lease is extended only if it still counts.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def take(self, question: Question, holder: str, secret: str, *, now: datetime) -> SeatAnswer | None:
        """Take a seat for `holder`, or extend theirs; None for a secret that is not the license's.

        The question is judged as the install id alone would be: a seat is no check-in, and activates nothing. Raises
        UpstreamFailed while the database does not answer.
        """
        async with self._connection() as connection:
            proved = await self._proves(connection, question.install_id, secret)
            if proved is None:
                return self._unknown(question, holder, now)
            if not proved:
                return None
            async with connection.transaction():
                return await _take(connection, question, holder, now) or self._unknown(question, holder, now)

    async def release(self, install_id: str, holder: str, secret: str, *, now: datetime) -> bool | None:
        """Give a seat back and return whether there was one; None for a secret that is not the license's."""
        async with self._connection() as connection:
            proved = await self._proves(connection, install_id, secret)
            if not proved:
                return None if proved is False else False
            gone = await connection.execute(seat_statements.RELEASE_SEAT, [install_id, holder], prepare=True)
            row = await gone.fetchone()
            return row is not None and bool(row[0] > now)

    async def close(self) -> None:
        """Give back every connection."""
        await self._pool.close()

    async def _proves(self, connection: AsyncConnection[Any], install_id: str, secret: str) -> bool | None:
        """Return whether the secret is the license's, or None where there is no such license."""
        row = await (await connection.execute(seat_statements.READ_DIGEST, [install_id], prepare=True)).fetchone()
        return None if row is None else hmac.compare_digest(digest(secret), row[0])

    def _unknown(self, question: Question, holder: str, now: datetime) -> SeatAnswer:
        verdict = decide(None, question, now)
        return SeatAnswer(False, verdict.code, verdict.detail, holder, None, None, None, None)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (OperationalError, InterfaceError) as failure:
            log.warning("the license database does not answer", error=str(failure))
            raise UpstreamFailed("Seats cannot be given right now. Ask again in a minute.") from failure


async def _take(connection: AsyncConnection[Any], question: Question, holder: str, now: datetime) -> SeatAnswer | None:
    """Decide with the license locked and write the lease; None where the license has just been deleted."""
    row = await (await connection.execute(statements.LOCK_STATE, [question.install_id])).fetchone()
    if row is None:
        return None
    asked = [now, row[0], question.fingerprint, holder, row[0]]
    counted = await (await connection.execute(seat_statements.COUNT_SEATS, asked)).fetchone()
    if counted is None:
        return None
    at, heartbeat, installs, activated, taken, holds = counted
    state = state_of(row, (installs, activated, None))
    verdict = seat_verdict(state, question, taken, holds=holds, now=at)
    expires_at = None
    if verdict.valid:
        expires_at = at + timedelta(seconds=heartbeat)
        lease = [state.license_id, holder, state.organization_id, question.fingerprint, at, at, expires_at]
        await connection.execute(seat_statements.TAKE_SEAT, lease)
    in_use = taken + (1 if verdict.valid and not holds else 0)
    pause = heartbeat // BEATS
    said = (verdict.valid, verdict.code, verdict.detail, holder, expires_at, pause, in_use, state.max_seats)
    return SeatAnswer(*said)


async def open_door(url: str) -> SeatDoor:
    """Open the door on the primary at `url` (as core.databases.door_url makes it), or raise UpstreamFailed."""
    pool = AsyncConnectionPool[AsyncConnection[Any]](
        url,
        kwargs={"autocommit": True, "application_name": "calos-seats"},
        min_size=1,
        max_size=POOL_SIZE,
        timeout=ANSWER_SECONDS,
        configure=_configure,
        # A server that restarted leaves dead connections: noticed here, not by an installation's request.
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    try:
        await pool.open(wait=True, timeout=ANSWER_SECONDS)
    except PoolTimeout as failure:
        await pool.close()
        raise UpstreamFailed(f"The seat door cannot reach its database: {failure}") from failure
    return SeatDoor(pool)


async def _configure(connection: AsyncConnection[Any]) -> None:
    await connection.execute(f"{statements.CONFIGURE}; SET statement_timeout = '{ANSWER_SECONDS}s'")
