"""Ingest against an unindexed COPY and against hand-written SQL: `python -m tests.bench.ingest --events 20000`.

`--peer handwritten` compares CPU, of Python and PostgreSQL together: a plain script that reads the same bodies and runs
the same statement on one connection, without HTTP, checks, quotas or secrets, against the API process.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import psycopg

from core import clock
from core.access.actor import system_actor
from core.config import Settings
from core.databases import door_url, migrate_all, open_databases, owner_urls
from core.ids import new_id
from core.licensing.writes import Issued, issue
from core.organizations.writes import create_organization
from core.telemetry import partitions
from core.telemetry.door import IngestDoor, open_door
from core.telemetry.events import Row, check
from core.telemetry.installs import Install
from core.telemetry.quotas import NO_LIMITS
from core.telemetry.statement import INGEST, LATE, parameters, unique_rows
from db import embedded
from db.session import SYSTEM

Event = dict[str, Any]
Batches = list[list[Event]]

SIZES = (10, 100, 1_000)
INSTALLS = 8
CONNECTIONS = 16
SERVER = Path(__file__).parents[1] / "api" / "telemetry_server.py"
COLUMNS = (
    "day", "event_id", "ts", "type", "feature", "actor", "session", "status", "ms", "agent", "domain", "version",
    "zone", "props",
)  # fmt: skip
COPY = f"COPY unindexed (install_id, received_at, {', '.join(COLUMNS)}) FROM STDIN"


@dataclass(frozen=True)
class World:
    """A throw-away database with ordinary durability, and licenses to send for."""

    postmaster: int
    owner_url: str
    control_url: str
    telemetry_url: str
    licenses: list[Issued]


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of the CPU by Python and by PostgreSQL."""

    seconds: float
    python: float
    database: float


# What the script copies from an event as it is, under the column's name.
PLAIN = {
    "id": "event_id", "type": "type", "feature": "feature", "user": "actor", "session": "session", "status": "status",
    "ms": "ms", "ua": "agent", "domain": "domain", "version": "version", "tz": "zone",
}  # fmt: skip


@contextmanager
def _world(home: Path) -> Iterator[World]:
    settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False, DATABASE_URL="", TELEMETRY_URL="")
    try:
        migrate_all(settings)
        databases = open_databases(settings)
        now = clock.now()
        with databases.control.write(SYSTEM) as session:
            vendor = create_organization(session, system_actor(new_id()), "Vendor", realm="vendor", now=now)
            actor = system_actor(vendor)
            customer = create_organization(session, actor, "Customer", now=now)
            made = [
                issue(session, actor, customer, "enterprise", term="paid", billing_period="annual", now=now)
                for _ in range(INSTALLS)
            ]
        with databases.telemetry.write(SYSTEM) as session:
            partitions.ensure_days(session, [now.date() - timedelta(days=back) for back in range(9)])
        server = embedded.start(home)
        yield World(server.pid, owner_urls(settings)[1], databases.control_url, databases.telemetry_url, made)
        databases.close()
    finally:
        embedded.stop(home)


def _batches(count: int, size: int, now: datetime) -> Batches:
    """Return events of a week in the order in which they happened, cut into batches; ids are new with every call."""
    draw, run = random.Random(size), uuid4().hex[:12]  # noqa: S311 - made-up events
    ages = sorted((draw.uniform(0, 7 * 86_400) for _ in range(count)), reverse=True)
    events = [
        {
            "id": f"{run}-{number}",
            "ts": (now - timedelta(seconds=age)).isoformat(timespec="milliseconds"),
            "type": draw.choice(("api_call", "page_view", "feature_used")),
            "feature": draw.choice(("pos", "email", "chatbot", "sales", "crypto", "analytics")),
            "user": f"{draw.randrange(20):032x}",
            "session": f"s{int(age // 3_600)}",
            "status": draw.choice((200, 200, 200, 200, 403, 500)),
            "ms": round(draw.lognormvariate(4, 1)),
            "ua": draw.choice(("python-requests/2.32.3", "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0 Safari/537.36")),
            "domain": "shop.example",
            "version": "4.3.0",
            "tz": "Europe/Lisbon",
        }
        for number, age in enumerate(ages)
    ]
    return [events[start : start + size] for start in range(0, count, size)]


def _rows(batches: Batches, now: datetime) -> list[list[Row]]:
    return [check(batch, now=now, retention_days=30).rows for batch in batches]


def copied(world: World, batches: Batches) -> float:
    """Return the seconds that COPY takes into a table without any index, a transaction a batch."""
    now = clock.now()
    tuples = [[("copied", now, *(row.get(name) for name in COLUMNS)) for row in rows] for rows in _rows(batches, now)]
    with psycopg.connect(world.owner_url) as connection:
        connection.execute("DROP TABLE IF EXISTS unindexed")
        connection.execute("CREATE TABLE unindexed (LIKE event)")
        connection.commit()
        began = time.perf_counter()
        for batch in tuples:
            with connection.cursor().copy(COPY) as copy:
                for one in batch:
                    copy.write_row(one)
            connection.commit()
        return time.perf_counter() - began


def straight(world: World, batches: Batches) -> float:
    """Return the seconds that the statement takes on one connection, checking included."""
    install_id, now = f"inst-{uuid4().hex}", clock.now()
    with psycopg.connect(door_url(world.telemetry_url), autocommit=True) as connection:
        began = time.perf_counter()
        for batch in batches:
            rows = unique_rows(check(batch, now=now, retention_days=30).rows)
            asked = parameters(install_id, rows, sent=len(rows), refused={}, now=now)
            connection.execute(INGEST, asked, prepare=True)
        return time.perf_counter() - began


async def through_door(world: World, batches: Batches) -> float:
    """Return the seconds that the door takes for several installs that send at once."""
    waiting = list(enumerate(batches))
    installs = [Install(f"inst-{uuid4().hex}", uuid4(), "enterprise", revoked=False) for _ in range(INSTALLS)]

    async def sender(door: IngestDoor) -> None:
        while waiting:
            number, batch = waiting.pop()
            await door.ingest(installs[number % INSTALLS], batch, now=clock.now())

    async with _opened(world) as door:
        began = time.perf_counter()
        await asyncio.gather(*(sender(door) for _ in range(CONNECTIONS)))
        return time.perf_counter() - began


@asynccontextmanager
async def _opened(world: World) -> AsyncIterator[IngestDoor]:
    door = await open_door(door_url(world.control_url), door_url(world.telemetry_url), limits=NO_LIMITS)
    yield door
    await door.close()


def handwritten(world: World, batches: Batches) -> Spent:
    """Return what a plain script spends that runs the statement batch by batch on one connection."""
    now = clock.now()
    # As the API's connections have done before they are measured, so that this one's plan is made.
    warm = _batches(100, 10, now)
    bodies = [json.dumps({"events": batch}).encode() for batch in (*warm, *batches)]
    began = python = database = 0.0
    with psycopg.connect(door_url(world.telemetry_url), autocommit=True) as connection:
        for number, body in enumerate(bodies):
            if number == len(warm):
                database = _cpu_of_all(world.postmaster)
                began, python = time.perf_counter(), time.process_time()
            rows = [
                {"day": event["ts"][:10], "ts": event["ts"], **{column: event[name] for name, column in PLAIN.items()}}
                for event in json.loads(body)["events"]
            ]
            asked = {
                "install_id": f"hand-{number % INSTALLS}",
                "events": json.dumps(rows),
                "unique": len(rows),
                "sent": len(rows),
                "refused": 0,
                "now": now,
                "late_before": now - LATE,
            }
            connection.execute(INGEST, asked, prepare=True).fetchone()
        # While the connection stands: afterwards, what it cost belongs to nobody for a moment.
        spent = time.perf_counter() - began, time.process_time() - python
        return Spent(*spent, _cpu_of_all(world.postmaster) - database)


def through_http(world: World, batches: Batches) -> Spent:
    """Return what the server spends, loaded by a process of its own over keep-alive connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, str(SERVER), str(port), world.control_url, world.telemetry_url]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        server.stdout.readline()
        _loaded(world, port, _batches(20 * CONNECTIONS * 10, 10, clock.now()))
        before = _cpu_of(server.pid), _cpu_of_all(world.postmaster)
        seconds = _loaded(world, port, batches)
        return Spent(seconds, _cpu_of(server.pid) - before[0], _cpu_of_all(world.postmaster) - before[1])
    finally:
        server.kill()
        server.wait()


def _loaded(world: World, port: int, batches: Batches) -> float:
    given = {"port": port, "batches": batches, "secrets": [one.install_secret for one in world.licenses]}
    load = [sys.executable, "-m", "tests.bench.ingest", "--load"]
    done = subprocess.run(load, input=json.dumps(given), capture_output=True, text=True, check=True)
    return float(done.stdout)


async def _load(port: int, batches: Batches, secrets: list[str]) -> float:
    requests = []
    for number, batch in enumerate(batches):
        body = json.dumps({"events": batch}).encode()
        head = (
            "POST /api/telemetry/events HTTP/1.1\r\nHost: calos\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {secrets[number % len(secrets)]}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while requests:
            writer.write(requests.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
            if not head.startswith(b"HTTP/1.1 200") or b'"duplicate":0,"refused":[]' not in body:
                raise SystemExit((head + body).decode())
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return time.perf_counter() - began


WAYS: dict[str, Callable[[World, Batches], float]] = {
    "unindexed COPY, 1 connection": copied,
    "statement, 1 connection": straight,
    f"door, {CONNECTIONS} senders": lambda world, batches: asyncio.run(through_door(world, batches)),
    f"HTTP, {CONNECTIONS} connections": lambda world, batches: through_http(world, batches).seconds,
}


def compared(world: World, count: int, rounds: int) -> None:
    """Print the CPU an event of the API process and of the plain script, PostgreSQL's included, in turns."""
    for size in SIZES:
        events = count if size > SIZES[0] else count // 4
        spent: dict[str, list[tuple[float, float, float, float]]] = {"handwritten": [], "HTTP": []}
        for _ in range(rounds):
            for name, way in (("handwritten", handwritten), ("HTTP", through_http)):
                found = way(world, _batches(events, size, clock.now()))
                python, database = found.python / events * 1e6, found.database / events * 1e6
                spent[name].append((python + database, python, database, events / found.seconds))
        plain = median(one[0] for one in spent["handwritten"])
        for name, those in spent.items():
            whole, python, database, rate = (median(column) for column in zip(*those, strict=True))
            sys.stdout.write(
                f"batches of {size:5}  {name:12} {rate:7.0f} events/s  CPU an event {whole:5.1f} us = Python "
                f"{python:5.1f} + PostgreSQL {database:5.1f}  {whole / plain:5.2f} x handwritten\n"
            )
            sys.stdout.flush()


def _cpu_of(process: int) -> float:
    """Return the CPU seconds of a process (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _cpu_of_all(postmaster: int) -> float:
    """Return the CPU seconds of PostgreSQL: of its processes, and of those that have ended."""
    total = 0
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if fields and (entry.name == str(postmaster) or fields[1] == str(postmaster)):
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure each way at each batch size in turn; the ratio is cost a row, COPY at the same batch size being 1."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=20_000)
    asked.add_argument("--peer", choices=["handwritten"], help="compare the CPU with that of hand-written SQL")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.load:
        sys.stdout.write(str(asyncio.run(_load(**json.load(sys.stdin)))))
        return
    with tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder, _world(Path(folder)) as world:
        copied(world, _batches(1_000, 100, clock.now()))  # the first rows of a fresh server are slow
        if given.peer:
            compared(world, given.events, given.rounds)
            return
        whole = copied(world, _batches(given.events, given.events, clock.now()))
        sys.stdout.write(f"{'unindexed COPY, all at once':32} {given.events / whole:9.0f} events/s\n")
        for size in SIZES:
            sys.stdout.write(f"\nbatches of {size}\n")
            count = given.events if size > SIZES[0] else given.events // 4
            floor = 0.0
            for name, way in WAYS.items():
                rate = count / way(world, _batches(count, size, clock.now()))
                floor = floor or rate
                sys.stdout.write(f"{name:32} {rate:9.0f} events/s  {floor / rate:5.2f} × the cost of COPY\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
