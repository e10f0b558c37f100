"""What is written behind the answer: the last payload of each install, and whole batches that were turned away."""

import asyncio
import contextlib
import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

LARGEST_KEPT: Final = 64_000
PAUSE_SECONDS: Final = 2.0
MOST_WAITING: Final = 500

# Both take their rows in the order of the key, as every writer of these tables does.
KEEP_PAYLOADS: Final = """
INSERT INTO last_payload AS p (install_id, received_at, kind, size, body)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::bigint[], %s::bytea[])
    AS given (install_id, received_at, kind, size, body) ORDER BY install_id COLLATE "C"
ON CONFLICT (install_id) DO UPDATE SET
    received_at = excluded.received_at, kind = excluded.kind, size = excluded.size, body = excluded.body
WHERE p.received_at <= excluded.received_at
"""
COUNT_TURNED_AWAY: Final = """
INSERT INTO ingest_refusal AS r (install_id, day, code, events)
SELECT * FROM json_to_recordset(%s::json) AS given (install_id text, day date, code text, events bigint)
ORDER BY install_id COLLATE "C", day, code COLLATE "C"
ON CONFLICT (install_id, day, code) DO UPDATE SET events = r.events + excluded.events
"""

log = structlog.get_logger("calos.telemetry")


@dataclass(frozen=True, slots=True)
class Payload:
    """A batch as it came, unpacked: its first 64 KB, the size of the whole in bytes, and its media type."""

    received_at: datetime
    kind: str
    size: int
    body: bytes

    @property
    def text(self) -> str:
        """The beginning as text; what is no UTF-8 shows as its replacement character."""
        return self.body.decode("utf-8", "replace")


class Arrivals:
    """Takes down in memory and writes every two seconds, so that no batch waits for it.

    kill -9 loses what the last two seconds took down: never an event, only how it looked and what was turned away.
    """

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool
        self._payloads: dict[str, Payload] = {}
        self._turned_away: Counter[tuple[str, str, str]] = Counter()
        self._writing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def note_payload(self, install_id: str, body: bytes, kind: str, now: datetime) -> None:
        """Keep the batch as the install's last one."""
        if install_id in self._payloads or len(self._payloads) < MOST_WAITING:
            self._payloads[install_id] = Payload(now, kind, len(body), body[:LARGEST_KEPT])
            self._write_soon()

    def note_turned_away(self, install_id: str, code: str, events: int, now: datetime) -> None:
        """Count the events of a whole batch that was refused for `code`."""
        key = (install_id, now.astimezone(UTC).date().isoformat(), code)
        if events and (key in self._turned_away or len(self._turned_away) < MOST_WAITING):
            self._turned_away[key] += events
            self._write_soon()

    async def flush(self) -> None:
        """Write what waits; counts that could not be written wait on, payloads are let go."""
        payloads, self._payloads = self._payloads, {}
        counts, self._turned_away = self._turned_away, Counter()
        try:
            async with self._pool.connection() as connection:
                if payloads:
                    await connection.execute(KEEP_PAYLOADS, _columns(payloads))
                if counts:
                    await connection.execute(COUNT_TURNED_AWAY, [_rows(counts)])
                    counts = Counter()
        except psycopg.Error as failure:
            log.warning("how batches arrived was not written", error=str(failure))
            self._turned_away.update(counts)

    async def close(self) -> None:
        """Write what waits."""
        self._closing.set()
        if self._writing is not None:
            await self._writing

    def _write_soon(self) -> None:
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._later())

    async def _later(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_SECONDS):
                await self._closing.wait()
        await self.flush()


def _columns(payloads: dict[str, Payload]) -> list[list[Any]]:
    kept = list(payloads.values())
    return [
        list(payloads),
        [each.received_at for each in kept],
        [each.kind for each in kept],
        [each.size for each in kept],
        [each.body for each in kept],
    ]


def _rows(counts: Counter[tuple[str, str, str]]) -> str:
    return json.dumps(
        [
            {"install_id": install_id, "day": day, "code": code, "events": events}
            for (install_id, day, code), events in counts.items()
        ]
    )
