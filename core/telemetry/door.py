"""The ingest door: who sends is known by secret, events are checked and counted, and acknowledged once durable."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from core.errors import UpstreamFailed
from core.telemetry.arrivals import Arrivals
from core.telemetry.events import RETENTION_DAYS, Receipt, check
from core.telemetry.installs import Install, Installs
from core.telemetry.quotas import LIMITS, IngestLimit, Quotas, Standing
from core.telemetry.writers import Writers

WRITERS: Final = 4
CONTROL_CONNECTIONS: Final = 2
PATIENCE_SECONDS: Final = 5.0
ACCEPTED_TODAY: Final = "SELECT accepted FROM ingest_quota WHERE install_id = %s AND day = %s"


class IngestDoor:
    """One a process; opened by open_door in the event loop that uses it."""

    def __init__(
        self,
        control: AsyncConnectionPool,
        telemetry: AsyncConnectionPool,
        *,
        retention_days: int,
        limits: Mapping[str, IngestLimit],
    ) -> None:
        self._control = control
        self._telemetry = telemetry
        self._retention_days = retention_days
        self._installs = Installs(control)
        self._quotas = Quotas(limits)
        self._writers = Writers(telemetry, WRITERS)
        self.arrivals = Arrivals(telemetry)

    async def install(self, secret: str) -> Install | None:
        """Return the install that holds `secret`, as it was within the last minute, or None."""
        try:
            return await self._installs.by_secret(secret)
        except psycopg.OperationalError as failure:
            raise UpstreamFailed("The license could not be looked up right now. Send this batch again.") from failure

    async def ingest(self, install: Install, events: Iterable[object], *, now: datetime) -> Receipt:
        """Check, write and acknowledge a batch, in whatever state the install's license is (see Install.admit).

        Raises LimitReached beyond the tier's quota and UpstreamFailed when the database does not answer; then nothing
        of the batch counts as received.
        """
        checked = check(events, now=now, retention_days=self._retention_days)
        install_id, count = install.install_id, len(checked.rows)
        if not self._quotas.knows(install_id, now):
            self._quotas.learn(install_id, install.tier_id, await self._accepted_today(install_id, now), now)
        self._quotas.take(install_id, install.tier_id, count, now)
        today: int | None = None
        accepted = 0
        try:
            if checked.rows or checked.refused:
                done = await self._writers.write(install_id, checked.rows, checked.reasons(), now)
                accepted, today = done.accepted, done.today
        finally:
            self._quotas.settle(install_id, count, today, now)
        return Receipt(accepted, count - accepted, checked.refused)

    def standing(self, install: Install, now: datetime) -> Standing:
        """Return what is left of the install's quota of today."""
        return self._quotas.standing(install.install_id, install.tier_id, now)

    async def close(self) -> None:
        """Write what waits and give back every connection."""
        await self._writers.finish()
        await self.arrivals.close()
        await self._telemetry.close()
        await self._control.close()

    async def _accepted_today(self, install_id: str, now: datetime) -> int:
        try:
            async with self._telemetry.connection() as connection:
                asked = await connection.execute(ACCEPTED_TODAY, (install_id, now.astimezone(UTC).date()), prepare=True)
                row = await asked.fetchone()
        except psycopg.OperationalError as failure:
            raise UpstreamFailed("The quota could not be read right now. Send this batch again.") from failure
        return int(row[0]) if row is not None else 0


async def open_door(
    control_url: str,
    telemetry_url: str,
    *,
    retention_days: int = RETENTION_DAYS,
    limits: Mapping[str, IngestLimit] = LIMITS,
) -> IngestDoor:
    """Return the door of this process; both URLs as databases.door_url gives them.

    Close it in the event loop that opened it.
    """
    control = await _pool(control_url, CONTROL_CONNECTIONS)
    telemetry = await _pool(telemetry_url, WRITERS + 1)
    return IngestDoor(control, telemetry, retention_days=retention_days, limits=limits)


async def _pool(url: str, size: int) -> AsyncConnectionPool:
    pool = AsyncConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=PATIENCE_SECONDS,
        kwargs={"autocommit": True, "application_name": "calos ingest"},
        configure=_bounded,
        open=False,
    )
    await pool.open()
    return pool


async def _bounded(connection: AsyncConnection[Any]) -> None:
    """Nothing at the door waits for ever: a statement that is stuck fails, and the batch is tried again."""
    await connection.execute("SET statement_timeout = '20s'")
    await connection.execute("SET lock_timeout = '10s'")
