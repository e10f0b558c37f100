"""The verify door: answers installations that phone home, from the primary, without a cache of licenses."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import structlog
from psycopg import AsyncConnection, Error, InterfaceError, OperationalError
from psycopg_pool import AsyncConnectionPool

from core import clock, signing
from core.errors import UpstreamFailed
from core.ids import digest
from core.licensing import statements
from core.licensing.activation import activate, activates, state_of
from core.licensing.answers import Told, limits_text, signed, told_of
from core.licensing.decision_log import DecisionLog
from core.licensing.grouped import Grouped
from core.licensing.limits import effective
from core.licensing.sightings import Sightings
from core.licensing.straight import StraightRead
from core.licensing.verdicts import LicenseState, Question
from core.licensing.verification import decide

TICK_SECONDS: Final = 1.0
# When somebody was seen is told in hours and days; whoever asks again and again is noted that many ticks apart.
SEEN_TICKS: Final = 10
ANSWER_SECONDS: Final = 5
POOL_SIZE: Final = 8
UNPACKED: Final = 10_000

log = structlog.get_logger("calos.verify")
Done = TypeVar("Done")


class _Asked(NamedTuple):
    install_id: str
    installation: str | None
    now: datetime


class _Found(NamedTuple):
    row: list[Any]
    state: LicenseState
    secret_digest: bytes
    told: Told


class VerifyDoor:
    """One a process and event loop; made by `open_door`.

    Requests that wait together share one read of the primary, begun after they arrived, and nothing of it is kept
    for later ones: a question asked after a revocation was committed never gets `valid`. Only what tiers and licenses
    are limited to, which no verdict depends on, may be a second old.
    """

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], home: Path, ring: signing.KeyRing) -> None:
        self._pool = pool
        self._home = home
        self._ring = ring
        self._states = StraightRead(pool, statements.READ_STATES, patience_seconds=2 * ANSWER_SECONDS)
        self._reads: Grouped[_Asked, _Found | None] = Grouped(self._read)
        self._log = DecisionLog(self._query)
        self._sightings = Sightings(self._query)
        # Rows as last read, with what was made of them: where the same is read again, its making is spared.
        self._unpacked: dict[tuple[str, str | None], _Found] = {}
        self._limits: dict[str, dict[str, int | None]] = {}
        self._overrides: dict[str, dict[str, int | None]] = {}
        self._limits_read = -TICK_SECONDS
        # What was made of both, by all it depends on, until they are read again.
        self._limits_told: dict[tuple[str, int | None, str | None], str] = {}
        self._ticking = asyncio.create_task(self._tick())

    async def verify(self, question: Question, secret: str | None, *, now: datetime) -> bytes | None:
        """Return the signed answer as JSON, or None for a secret that is not the license's.

        `question.authenticated` says that a secret came with it. Raises UpstreamFailed while the database does not
        answer.
        """
        found = await self._reads.ask(_Asked(question.install_id, question.installation, now))
        if found is None:
            return signed(None, question, decide(None, question, now), "{}", now, self._ring)
        if question.authenticated and not hmac.compare_digest(digest(secret or ""), found.secret_digest):
            return None
        state: LicenseState | None = found.state
        told: Told | None = found.told
        verdict = decide(state, question, now)
        if activates(found.state, question, verdict):
            written = await self._attempt(lambda connection: activate(connection, question, now))
            state, verdict = written or (None, decide(None, question, now))
            told = None
        elif question.authenticated and (sighting := self._sightings.note(found.state, question, now)) is not None:
            await sighting
        if state is None:
            return signed(None, question, verdict, "{}", now, self._ring)
        if (change := self._log.note(state, question, verdict, now)) is not None:
            await change
        return signed(state, question, verdict, self._limits_of(state), now, self._ring, told)

    def _limits_of(self, state: LicenseState) -> str:
        agreed = self._overrides.get(state.license_id)
        key = (state.tier, state.max_seats, state.license_id if agreed else None)
        told = self._limits_told.get(key)
        if told is None:
            found = effective(self._limits.get(state.tier, {}), state.max_seats, agreed or {})
            told = limits_text({meter: highest for meter, (highest, _) in found.items()})
            self._limits_told[key] = told
        return told

    async def close(self) -> None:
        """Write what is counted and give back every connection."""
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)
        await self._flush(seen=True)
        await self._states.close()
        await self._pool.close()

    async def _read(self, asked: Sequence[_Asked]) -> list[_Found | None]:
        """Return what is known for each pair of install id and installation."""
        install_ids = statements.array_of(one.install_id for one in asked)
        installations = statements.array_of(one.installation for one in asked)
        found: list[_Found | None] = [None] * len(asked)
        with _saying_so():
            rows = await self._states.rows([install_ids, installations, asked[-1].now.isoformat()])
        for place, *row in rows:
            found[place - 1] = self._found(asked[place - 1], row)
        if asyncio.get_running_loop().time() - self._limits_read >= TICK_SECONDS:
            await self._read_limits()
        return found

    def _found(self, asked: _Asked, row: list[Any]) -> _Found:
        key = (asked.install_id, asked.installation)
        found = self._unpacked.get(key)
        if found is None or found.row != row:
            state = state_of(row[1:-3], row[-3:])
            found = _Found(row, state, row[0], told_of(state))
            if len(self._unpacked) >= UNPACKED:
                self._unpacked.clear()
            self._unpacked[key] = found
        return found

    async def _read_limits(self) -> None:
        now = clock.now()
        self._limits = dict(await self._query(statements.READ_LIMITS, []))
        self._overrides = dict(await self._query(statements.READ_OVERRIDES, [now, now]))
        self._limits_told.clear()
        self._limits_read = asyncio.get_running_loop().time()

    async def _query(self, statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        async def run(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
            cursor = await connection.execute(statement, parameters, prepare=True, binary=True)
            return await cursor.fetchall() if cursor.rownumber is not None else []

        return await self._attempt(run)

    async def _attempt(self, work: Callable[[AsyncConnection[Any]], Awaitable[Done]]) -> Done:
        """Run `work`, which may be repeated, and once more on a fresh connection if the server had gone away."""
        with _saying_so():
            async with self._pool.connection() as connection:
                try:
                    return await work(connection)
                except OperationalError:
                    # Still connected: the statement took too long, and would again.
                    if not connection.closed:
                        raise
            await self._pool.check()
            async with self._pool.connection() as connection:
                return await work(connection)

    async def _tick(self) -> None:
        for tick in count(1):
            await asyncio.sleep(TICK_SECONDS)
            await self._flush(seen=tick % SEEN_TICKS == 0)
            try:
                self._ring = signing.renewed(self._ring, self._home, now=clock.now())
            except OSError as failure:
                log.warning("the signing keys cannot be read; the known ones are used on", error=str(failure))

    async def _flush(self, *, seen: bool) -> None:
        try:
            await self._log.flush()
            if seen:
                await self._sightings.flush()
        except UpstreamFailed:
            # Already logged; the counts are kept and written once the database is back.
            return


@contextmanager
def _saying_so() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as failure:
        log.warning("the license database does not answer", error=str(failure))
        raise UpstreamFailed("Licenses cannot be verified right now. Ask again in a minute.") from failure


async def open_door(url: str, home: Path) -> VerifyDoor:
    """Open the door on the primary at `url` (as core.databases.door_url makes it), with the keys kept in `home`.

    Raises UpstreamFailed if no connection can be had.
    """
    pool = AsyncConnectionPool[AsyncConnection[Any]](
        url,
        kwargs={"autocommit": True, "application_name": "calos-verify"},
        min_size=2,
        max_size=POOL_SIZE,
        timeout=ANSWER_SECONDS,
        configure=_configure,
        open=False,
    )
    try:
        # The pool would try on until its time is up; one connection of our own fails at once, and says why.
        await (await AsyncConnection.connect(url)).close()
        await pool.open(wait=True, timeout=ANSWER_SECONDS)
    except Error as failure:
        await pool.close()
        raise UpstreamFailed(f"The verify door cannot reach its database: {failure}") from failure
    return VerifyDoor(pool, home, signing.open_ring(home, "answers", now=clock.now()))


async def _configure(connection: AsyncConnection[Any]) -> None:
    await connection.execute(f"{statements.CONFIGURE}; SET statement_timeout = '{ANSWER_SECONDS}s'")
