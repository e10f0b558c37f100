"""The queue and the schedule on a real server: with the transaction, after a kill -9, one process at a time."""

import asyncio
import functools
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core import clock
from core.databases import Databases
from core.jobs.alone import alone
from core.jobs.queue import Task, defer
from core.jobs.schedule import periodic, run_schedule
from core.jobs.worker import run_worker
from db.session import SYSTEM, WriteSession
from tests.core.jobs.worker_process import DAWDLE, QUICK

PATIENCE_SECONDS = 20.0


@pytest.fixture(autouse=True)
def no_job_left(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        session.connection.exec_driver_sql("DELETE FROM procrastinate_jobs")


@asynccontextmanager
async def _working(databases: Databases, *tasks: Task, **options: Any) -> AsyncIterator[None]:
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(databases.control_url, tasks, stop, rhythm=QUICK, **options))
    yield
    stop.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await worker


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.02)


def _rows(databases: Databases, columns: str = "status::text") -> list[Any]:
    with databases.control.engine.connect() as connection:
        return [*connection.exec_driver_sql(f"SELECT {columns} FROM procrastinate_jobs ORDER BY id").scalars()]


def _put(databases: Databases, task: str, **arguments: Any) -> int | None:
    with databases.control.write(SYSTEM) as session:
        return defer(session, task, **arguments)


async def test_a_job_is_done_after_the_commit_of_what_caused_it(databases: Databases) -> None:
    done: list[str] = []
    async with _working(databases, Task("test.note", lambda text: done.append(text))):
        with databases.control.write(SYSTEM) as session:
            defer(session, "test.note", text="hello")
            await asyncio.sleep(0.5)
            assert done == []
        await _until(lambda: done == ["hello"])
        await _until(lambda: _rows(databases) == [])


def test_a_job_is_rolled_back_with_what_caused_it(databases: Databases) -> None:
    with databases.control.engine.connect() as connection:
        connection.exec_driver_sql(SYSTEM.statement())
        assert defer(WriteSession(connection), "test.note", text="never") is not None
        connection.rollback()
    assert _rows(databases) == []


def test_a_key_queues_once_and_leaves_the_transaction_alive(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        assert defer(session, "test.note", once="digest:1", text="first") is not None
        assert defer(session, "test.note", once="digest:1", text="second") is None
        assert defer(session, "test.note", text="third") is not None
    assert _rows(databases, "args ->> 'text'") == ["first", "third"]


async def test_jobs_of_one_kind_run_one_after_the_other(databases: Databases) -> None:
    running, most = 0, 0
    guard = threading.Lock()

    def count(number: int) -> None:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.05)
        with guard:
            running -= 1

    for number in range(6):
        _put(databases, "test.count", one_at_a_time="invoice run", number=number)
    async with _working(databases, Task("test.count", count), concurrency=4):
        await _until(lambda: _rows(databases) == [])
    assert most == 1


async def test_a_job_put_off_waits_for_its_time(databases: Databases) -> None:
    done: list[str] = []
    _put(databases, "test.note", at=clock.now() + timedelta(hours=1), text="later")
    _put(databases, "test.note", at=clock.now() - timedelta(hours=1), text="now")
    async with _working(databases, Task("test.note", lambda text: done.append(text))):
        await _until(lambda: len(_rows(databases)) == 1)
    assert done == ["now"]


async def test_a_job_that_fails_is_tried_again_and_then_kept(databases: Databases) -> None:
    def fail() -> None:
        raise LookupError("not today")

    _put(databases, "test.fail")
    async with _working(databases, Task("test.fail", fail, attempts=1)):
        await _until(lambda: _rows(databases, "attempts") == [1])
        with databases.control.write(SYSTEM) as session:
            session.connection.exec_driver_sql("UPDATE procrastinate_jobs SET scheduled_at = now()")
        await _until(lambda: _rows(databases) == ["failed"])


@pytest.mark.slow
async def test_a_job_survives_the_kill_of_its_worker(databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "said"
    file.touch()
    _put(databases, DAWDLE.name, file=str(file), seconds=30)
    command = [sys.executable, "-m", "tests.core.jobs.worker_process", databases.control_url]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3]) as process:
        await _until(lambda: file.read_text() == "began\n")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert _rows(databases) == ["doing"]
    with databases.control.write(SYSTEM) as session:
        session.connection.exec_driver_sql("UPDATE procrastinate_jobs SET args = args || '{\"seconds\": 0}'")
    async with _working(databases, DAWDLE):
        await _until(lambda: _rows(databases) == [])
    assert file.read_text() == "began\nbegan\ndone\n"


@pytest.mark.slow
async def test_a_job_that_kills_its_workers_is_given_up(databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "said"
    _put(databases, DAWDLE.name, file=str(file), seconds=30)
    with databases.control.write(SYSTEM) as session:
        session.connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
    async with _working(databases, replace(DAWDLE, attempts=1)):
        await _until(lambda: _rows(databases) == ["failed"])
    assert not file.exists()


async def test_a_stopping_worker_finishes_what_it_began(databases: Databases, tmp_path: Path) -> None:
    file = tmp_path / "said"
    file.touch()
    _put(databases, DAWDLE.name, file=str(file), seconds=0.5)
    async with _working(databases, DAWDLE):
        await _until(lambda: file.read_text() == "began\n")
    assert file.read_text() == "began\ndone\n"
    assert _rows(databases) == []


async def test_a_worker_goes_on_after_its_connections_are_cut(databases: Databases, fresh_database: str) -> None:
    done: list[str] = []
    async with _working(databases, Task("test.note", lambda text: done.append(text))):
        _put(databases, "test.note", text="before")
        await _until(lambda: done == ["before"])
        with psycopg.connect(fresh_database, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name IN ('calos worker', 'calos rescue')"
            )
        _put(databases, "test.note", text="after")
        await _until(lambda: done == ["before", "after"])


async def test_periodic_work_goes_on_when_one_of_it_fails(databases: Databases) -> None:
    calls: dict[str, int] = {"good": 0, "bad": 0}

    def good() -> None:
        calls["good"] += 1

    def bad() -> None:
        calls["bad"] += 1
        raise LookupError("always")

    stop = asyncio.Event()
    schedule = [periodic("good", 0.01, good), periodic("bad", 0.01, bad)]
    running = asyncio.create_task(run_schedule(databases.control_url, schedule, stop))
    await _until(lambda: calls["bad"] == 2 and calls["good"] > 20)
    stop.set()
    await running


async def test_periodic_work_is_done_by_one_process_and_taken_over(databases: Databases, fresh_database: str) -> None:
    calls: list[str] = []
    stop = asyncio.Event()
    both = [
        asyncio.create_task(
            run_schedule(databases.control_url, [periodic(name, 0.02, functools.partial(calls.append, name))], stop)
        )
        for name in ("one", "other")
    ]
    await _until(lambda: len(calls) > 10)
    assert len(set(calls)) == 1
    leader = calls[0]
    # The leader is kept from coming back first by cutting it off until the other has taken over.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while set(calls) == {leader}:
            _cut_holder(fresh_database)
            await asyncio.sleep(0.5)
    stop.set()
    await asyncio.gather(*both)
    assert set(calls) == {"one", "other"}


def _cut_holder(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(l.pid, 1000) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE locktype = 'advisory' AND granted AND application_name = 'calos schedule' "
            "AND a.datname = current_database()"
        )


async def test_only_one_holds_a_lock(databases: Databases) -> None:
    inside, most = 0, 0
    stop = asyncio.Event()

    async def work(_connection: object) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.05)
        inside -= 1

    all_of_them = [
        asyncio.create_task(alone(databases.control_url, 77, stop, work, application="calos test")) for _ in range(5)
    ]
    await _until(lambda: most > 0)
    await asyncio.sleep(1)
    stop.set()
    await asyncio.gather(*all_of_them)
    assert most == 1
