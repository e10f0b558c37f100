"""Batches that wait are written together: a few writers, each with one connection, take from all installs in turn."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from core.errors import LimitReached, UpstreamFailed
from core.telemetry import partitions
from core.telemetry.events import Row
from core.telemetry.statement import Outcome, outcome, parameters, statement_for, unique_rows

GROUP_EVENTS: Final = 1_000
WAITING_EVENTS_AN_INSTALL: Final = 20_000
ATTEMPTS: Final = 4
PAUSE_SECONDS: Final = 0.05

_NOT_STORED: Final = UpstreamFailed(
    "The events could not be stored right now, and none of this batch counts as received. Send it again in a few "
    "seconds."
)

log = structlog.get_logger("calos.telemetry")


@dataclass(eq=False, slots=True)
class Waiting:
    """One batch on its way to the database; `done` gets its outcome once that is durable."""

    install_id: str
    rows: Sequence[Row]
    refused: Mapping[str, int]
    now: datetime
    done: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


Group = dict[str, list[Waiting]]


class Writers:
    """The queue before the telemetry plane.

    Batches of one install are written by one writer at a time, merged into one statement, so that they never wait for
    each other inside the database. Small batches of several installs share a transaction, in the order of their
    installs, which is the order in which every transaction takes its locks.
    """

    def __init__(self, pool: AsyncConnectionPool, writers: int) -> None:
        self._pool = pool
        self._idle = writers
        self._queue: dict[str, deque[Waiting]] = {}
        self._busy: set[str] = set()
        self._days: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def write(self, install_id: str, rows: Sequence[Row], refused: Mapping[str, int], now: datetime) -> Outcome:
        """Return once the batch is committed; `refused` counts by code.

        Raises LimitReached when the install's own queue is full.
        """
        queue = self._queue.setdefault(install_id, deque())
        if sum(len(batch.rows) for batch in queue) + len(rows) > WAITING_EVENTS_AN_INSTALL:
            raise LimitReached(
                "Too many batches of this install wait to be written. Send this batch again in a second.",
                retry_after=1,
                code="install_queue_full",
            )
        batch = Waiting(install_id, rows, refused, now)
        queue.append(batch)
        if self._idle and install_id not in self._busy:
            self._idle -= 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await batch.done

    async def finish(self) -> None:
        """Return once everything that waited is written."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _work(self) -> None:
        try:
            while group := self._next_group():
                try:
                    await self._settle(group)
                finally:
                    self._busy.difference_update(group)
                    _tell(group, _NOT_STORED)  # whoever has heard nothing by now
        finally:
            self._idle += 1

    def _next_group(self) -> Group:
        """Take what waits, one install after the other, until a group is full; who was served goes to the end."""
        group: Group = {}
        room = GROUP_EVENTS
        for install_id in list(self._queue):
            if install_id in self._busy:
                continue
            queue = self._queue.pop(install_id)
            taken: list[Waiting] = []
            while queue and (len(queue[0].rows) <= room or not (group or taken)):
                taken.append(queue.popleft())
                room -= len(taken[-1].rows)
            if taken:
                group[install_id] = taken
            if queue:
                self._queue[install_id] = queue
            if room <= 0:
                break
        self._busy.update(group)
        return group

    async def _settle(self, group: Group) -> None:
        """Write a group and tell each of its batches.

        Where a group fails, its installs are written one by one, so that only the one to blame fails.
        """
        try:
            outcomes = await self._attempt(group)
        except psycopg.Error as failure:
            if len(group) > 1:
                for install_id, batches in group.items():
                    await self._settle({install_id: batches})
                return
            log.exception("events not written", installs=list(group))
            _tell(group, _NOT_STORED if isinstance(failure, psycopg.OperationalError) else failure)
            return
        for install_id, batches in group.items():
            _share(batches, outcomes[install_id])

    async def _attempt(self, group: Group) -> dict[str, Outcome]:
        """Write a group; a deadlock, a lost connection or a missing partition is a reason to try once more."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._transact(group)
            except psycopg.errors.CheckViolation:
                if attempt == ATTEMPTS:
                    raise
                self._days.clear()
            except psycopg.OperationalError:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(PAUSE_SECONDS * 4**attempt)
                await self._pool.check()
        raise AssertionError("the last attempt returns or raises")

    async def _transact(self, group: Group) -> dict[str, Outcome]:
        asked = {install_id: _parameters(batches) for install_id, batches in sorted(group.items())}
        days = {str(row["day"]) for batches in group.values() for batch in batches for row in batch.rows}
        async with self._pool.connection() as connection:
            await self._ensure_days(connection, days)
            async with contextlib.AsyncExitStack() as stack:
                if len(asked) > 1:
                    await stack.enter_async_context(connection.pipeline())
                    await stack.enter_async_context(connection.transaction())
                cursors = {
                    install_id: await connection.execute(statement_for(one), one, prepare=True)
                    for install_id, one in asked.items()
                }
            return {install_id: outcome(await _one(cursor)) for install_id, cursor in cursors.items()}

    async def _ensure_days(self, connection: AsyncConnection[Any], days: set[str]) -> None:
        for day in sorted(days - self._days):
            await connection.execute(partitions.ENSURE, {"day": day})
            self._days.add(day)


def _parameters(batches: list[Waiting]) -> dict[str, Any]:
    rows = unique_rows(row for batch in batches for row in batch.rows)
    refused: Counter[str] = Counter()
    for batch in batches:
        refused.update(batch.refused)
    return parameters(
        batches[0].install_id,
        rows,
        sent=sum(len(batch.rows) for batch in batches),
        refused=refused,
        now=max(batch.now for batch in batches),
    )


def _tell(group: Group, reason: Exception) -> None:
    for batch in (batch for batches in group.values() for batch in batches):
        if not batch.done.done():
            batch.done.set_exception(reason)


async def _one(cursor: psycopg.AsyncCursor[Any]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = await cursor.fetchone()
    assert row is not None  # noqa: S101 - the statement always answers one row
    return row


def _share(batches: list[Waiting], together: Outcome) -> None:
    """Tell each batch of a merged statement its part: an event counts for the first batch that brought it."""
    seen = set(together.known)
    for batch in batches:
        fresh = unique_rows(batch.rows).keys() - seen
        seen |= fresh
        if not batch.done.done():
            batch.done.set_result(Outcome(len(fresh), together.today, together.known))
