"""Announcing end to end on a real server: relay, listening and catching up by cursor."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select

from core.access.actor import Actor
from core.announce import reads
from core.announce.events import Event
from core.announce.listening import listen
from core.announce.relay import run_relay
from core.announce.writes import announce, prune
from core.config import Settings
from core.databases import Databases
from core.errors import NotPermitted
from db.models.announce import outbox
from db.session import SYSTEM, WriteSession
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own: what is read here covers everything there is."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


PATIENCE_SECONDS = 10.0


class Heard:
    """What a listener heard, with a way to wait for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    async def deliver(self, batch: list[Event]) -> None:
        """Take a batch."""
        self.events += batch
        self._more.set()

    async def until(self, told: Callable[[list[Any]], bool]) -> list[Any]:
        """Wait until the texts heard so far satisfy `told`, and return them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not told(self.texts()):
                self._more.clear()
                await self._more.wait()
        return self.texts()

    def texts(self) -> list[Any]:
        """Return the text of each event of these tests; others may have left theirs waiting."""
        return [event.data["text"] for event in self.events if "text" in event.data]


@pytest.fixture
async def relay(databases: Databases) -> AsyncIterator[None]:
    async for _ in _running(lambda stop: run_relay(databases.control_url, stop)):
        yield


@pytest.fixture
async def heard(databases: Databases, cast: Cast, relay: None) -> AsyncIterator[Heard]:
    """Yield what a listener hears that is already listening: one event tells that it is."""
    ears = Heard()
    async for _ in _running(lambda stop: listen(databases.control_url, stop, ears.deliver)):
        await _connected(databases, "calos listener")
        _announce(databases, cast.vendor, "ready")
        await ears.until(lambda texts: "ready" in texts)
        ears.events.clear()
        yield ears


async def _running(start: Callable[[asyncio.Event], Any]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(start(stop))
    yield
    stop.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await task


async def _connected(databases: Databases, application: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not _backends(databases, application):
            await asyncio.sleep(0.01)


def _backends(databases: Databases, application: str) -> list[int]:
    """Return the server processes of a part of ours that has said what it wants."""
    with databases.control.engine.connect() as connection:
        statement = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s "
            "AND query NOT LIKE 'SET %%' AND query <> ''"
        )
        return [row[0] for row in connection.exec_driver_sql(statement, (application,))]


def _announce(databases: Databases, organization_id: UUID, text: str) -> None:
    with databases.control.write(SYSTEM) as session:
        announce(session, organization_id, "activity:new", {"text": text}, now=NOW)


def _terminate(owner_url: str, databases: Databases, application: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for pid in _backends(databases, application):
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


async def test_an_event_is_heard_after_its_commit_and_not_before(
    databases: Databases, cast: Cast, heard: Heard, now: datetime
) -> None:
    with databases.control.write(SYSTEM) as session:
        announce(session, cast.globex, "activity:new", {"text": "committed"}, now=now)
        await asyncio.sleep(0.2)
        assert heard.texts() == []
    await heard.until(lambda texts: texts == ["committed"])
    assert heard.events[0].as_wire() == {
        "id": heard.events[0].id,
        "at": "2026-11-21T12:00:00Z",
        "organizationId": str(cast.globex),
        "type": "activity:new",
        "data": {"text": "committed"},
    }


async def test_nobody_hears_of_what_was_rolled_back(
    databases: Databases, cast: Cast, heard: Heard, now: datetime
) -> None:
    with databases.control.engine.connect() as connection:
        connection.exec_driver_sql(SYSTEM.statement())
        announce(WriteSession(connection), cast.globex, "activity:new", {"text": "never"}, now=now)
        connection.rollback()
    _announce(databases, cast.globex, "afterwards")
    assert await heard.until(lambda texts: "afterwards" in texts) == ["afterwards"]


async def test_a_transaction_that_commits_late_is_heard_and_read_by_cursor(
    databases: Databases, cast: Cast, heard: Heard, now: datetime
) -> None:
    with databases.control.write(SYSTEM) as session:
        announce(session, cast.globex, "activity:new", {"text": "smaller id, later commit"}, now=now)
        _announce(databases, cast.globex, "greater id, earlier commit")
        await heard.until(lambda texts: len(texts) == 1)
        cursor = heard.events[0].id
    await heard.until(lambda texts: len(texts) == 2)
    assert heard.texts() == ["greater id, earlier commit", "smaller id, later commit"]
    assert heard.events[1].id < cursor
    with databases.control.read(cast.otto.tenancy()) as reading:
        assert [event.data["text"] for event in reads.since(reading, cast.otto, cursor)] == ["smaller id, later commit"]
        assert reads.newest_cursor(reading, cast.otto) == heard.events[1].id


async def test_what_happened_while_the_listener_was_cut_off_is_told_once_it_is_back(
    databases: Databases, cast: Cast, fresh_database: str, heard: Heard
) -> None:
    _terminate(fresh_database, databases, "calos listener")
    for number in range(20):
        _announce(databases, cast.globex, f"meanwhile {number}")
    assert await heard.until(lambda texts: len(texts) >= 20) == [f"meanwhile {number}" for number in range(20)]


async def test_another_relay_goes_on_when_the_first_dies(
    databases: Databases, cast: Cast, fresh_database: str, heard: Heard
) -> None:
    async for _ in _running(lambda stop: run_relay(databases.control_url, stop)):
        for number in range(3):
            _terminate(fresh_database, databases, "calos relay")
            _announce(databases, cast.globex, f"after death {number}")
        await heard.until(lambda texts: len(texts) >= 3)
    assert heard.texts() == [f"after death {number}" for number in range(3)]


async def test_more_than_a_batch_arrives_in_order(
    databases: Databases, cast: Cast, heard: Heard, now: datetime
) -> None:
    with databases.control.write(SYSTEM) as session:
        for number in range(1_203):
            announce(session, cast.globex, "activity:new", {"text": number}, now=now)
    assert await heard.until(lambda texts: len(texts) >= 1_203) == list(range(1_203))


async def test_marks_rise_even_when_the_clock_was_set_back(
    databases: Databases, cast: Cast, heard: Heard, fresh_database: str
) -> None:
    _announce(databases, cast.globex, "before")
    await heard.until(lambda texts: texts == ["before"])
    with psycopg.connect(fresh_database, autocommit=True) as owner:
        owner.execute("UPDATE outbox SET relayed_at = now() + interval '1 hour' WHERE id = %s", (heard.events[0].id,))
    _terminate(fresh_database, databases, "calos relay")
    await _connected(databases, "calos relay")
    _announce(databases, cast.globex, "after")
    with databases.control.write(SYSTEM) as session:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(events := reads.since(session, cast.otto, heard.events[0].id)) < 1:
                await asyncio.sleep(0.02)
        assert [event.data["text"] for event in events] == ["after"]
        prune(session, datetime(2999, 1, 1).astimezone())


def _outbox(session: WriteSession, organization_id: UUID, text: str, now: datetime, told: bool = True) -> int:
    announce(session, organization_id, "activity:new", {"text": text}, now=now)
    made: int = session.execute(select(outbox.c.id).order_by(outbox.c.id.desc()).limit(1)).scalar_one()
    if told:
        session.execute(outbox.update().where(outbox.c.id == made).values(relayed_at=now + timedelta(days=made)))
    return made


def _texts(events: list[Event]) -> list[str]:
    return [event.data["text"] for event in events]


def test_a_customer_reads_its_own_events_and_the_vendor_everybodys(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    first = _outbox(session, cast.vendor, "ours", now)
    _outbox(session, cast.globex, "theirs", now)
    assert _texts(reads.since(session, cast.otto, first)) == ["theirs"]
    assert _texts(reads.since(session, cast.vera, first - 1))[-2:] == ["ours", "theirs"]
    assert _texts(reads.latest(session, cast.otto, 1)) == ["theirs"]
    assert "ours" not in _texts(reads.latest(session, cast.otto))
    assert _texts(reads.latest(session, cast.vera, 2)) == ["theirs", "ours"]


def test_reading_on_walks_every_event_once(session: WriteSession, cast: Cast, now: datetime) -> None:
    start = _outbox(session, cast.globex, "start", now)
    wanted = [_outbox(session, cast.globex, f"{number}", now) for number in range(7)]
    seen: list[int] = []
    cursor = start
    while page := reads.since(session, cast.otto, cursor, limit=3):
        seen += [event.id for event in page]
        cursor = page[-1].id
    assert seen == wanted


def test_a_pruned_cursor_still_reads_on(session: WriteSession, cast: Cast, now: datetime) -> None:
    gone = _outbox(session, cast.globex, "old", now)
    kept = _outbox(session, cast.globex, "untold yet", now, told=False)
    prune(session, now + timedelta(days=gone + 1))
    assert session.execute(select(outbox.c.id).where(outbox.c.id.in_([gone, kept]))).scalars().all() == [kept]
    later = _outbox(session, cast.globex, "later", now)
    assert [event.id for event in reads.since(session, cast.otto, gone)] == [later]


def test_who_lacks_the_permission_hears_nothing(session: WriteSession, cast: Cast) -> None:
    deaf = Actor(cast.otto.kind, cast.otto.id, "deaf", cast.globex, "customer", frozenset())
    with pytest.raises(NotPermitted):
        reads.latest(session, deaf)
