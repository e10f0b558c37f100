"""Kill -9 of API, worker and PostgreSQL again and again while events arrive: `python -m tests.bench.kills --kills 50`.

Clients send batch after batch, a tenth of a second apart, and keep what is not acknowledged, as ours do with their
spool. Afterwards every acknowledged event must be there once, and the roll-ups must equal a count of them by hand.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import psycopg

from core import clock
from core.access.actor import system_actor
from core.config import Settings
from core.databases import migrate_all, open_databases, owner_urls
from core.ids import new_id
from core.licensing.writes import Issued, issue
from core.organizations.writes import create_organization
from core.telemetry.events import check
from db import embedded
from db.session import SYSTEM
from tests.core.telemetry.recount import kept_roll_ups, recounted_roll_ups
from tests.running import ROOT, free_port

SENDERS, INSTALLS, BATCH = 6, 4, 10
# Between two batches of one client: what is sent must also be counted again by hand in the end.
PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 120
VICTIMS = ("api", "worker", "database")
WORKING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'calos worker'"


@dataclass
class Rig:
    """A Calos of its own with ordinary durability: PostgreSQL, an API and a worker, each in its own process."""

    home: Path
    port: int
    url: str
    issued: list[Issued]
    settings: Settings
    sent: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    def start(self, name: str) -> None:
        """Start the API or the worker as an operator does; returns at once."""
        words = ("serve", "api", "--port", str(self.port)) if name == "api" else ("worker",)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CALOS_", "DATABASE_"))}
        own = {"CALOS_HOME": str(self.home), "CALOS_DEMO": "false", "CALOS_DOOR_RATE": "100000000"}
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "manage.py", *words], cwd=ROOT, env={**inherited, **own}, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """Kill -9 the API, the worker, or PostgreSQL with all that it has forked."""
        if name != "database":
            self.processes[name].kill()
            self.processes[name].wait()
            return
        running = embedded.attach(self.home)
        assert running is not None
        for pid in (running.pid, *_children(running.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    async def restart(self, name: str) -> None:
        """Start what was killed and return once it is at work."""
        if name == "database":
            await asyncio.to_thread(embedded.start, self.home)
            return
        self.start(name)
        await self.wait_for(name)

    async def wait_for(self, name: str) -> None:
        """Return once the API is ready, or the worker waits for jobs."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if self.processes[name].poll() is not None:
                raise AssertionError(f"the {name} ended:\n{(self.home / f'{name}.log').read_text()[-3000:]}")
            if await (self._is_ready() if name == "api" else asyncio.to_thread(self._is_working)):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the {name} is not at work after {PATIENCE_SECONDS} s")

    async def _is_ready(self) -> bool:
        async with httpx2.AsyncClient(timeout=5) as http:
            try:
                answer = await http.get(f"http://127.0.0.1:{self.port}/readyz")
            except httpx2.TransportError:
                return False
        return answer.status_code == 200

    def _is_working(self) -> bool:
        try:
            with psycopg.connect(self.url) as connection:
                row = connection.execute(WORKING).fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and row[0] > 0

    async def send(self, until: asyncio.Event) -> None:
        """Send batches by several clients until told to stop; each ends with its last batch acknowledged."""
        await asyncio.gather(*(self._sender(self.issued[n % INSTALLS], until) for n in range(SENDERS)))

    async def _sender(self, issued: Issued, until: asyncio.Event) -> None:
        headers = {"authorization": f"Bearer {issued.install_secret}"}
        base = f"http://127.0.0.1:{self.port}"
        async with httpx2.AsyncClient(base_url=base, headers=headers, timeout=20) as http:
            while not until.is_set():
                batch = _batch(next(self.numbers), clock.now())
                self.sent.setdefault(issued.install_id, []).extend(batch)
                while not await _taken(http, batch):
                    await asyncio.sleep(0.05)
                self.acknowledged.update(event["id"] for event in batch)
                await asyncio.sleep(PAUSE_SECONDS)


@dataclass(frozen=True)
class Report:
    """What became of it: events acknowledged, lost of them, stored though never sent, installs with wrong roll-ups.

    `amid` were acknowledged by the time of the last kill's recovery; the rest came undisturbed, after it.
    """

    acknowledged: int
    amid: int
    lost: int
    strange: int
    wrong_roll_ups: int
    kills: dict[str, int]
    seconds: float
    # From each kill to the next event acknowledged afterwards, in seconds.
    recovered: dict[str, list[float]]


async def _taken(http: httpx2.AsyncClient, batch: list[dict[str, Any]]) -> bool:
    try:
        answer = await http.post("/api/telemetry/events", json={"events": batch})
    except httpx2.TransportError:
        return False
    assert answer.status_code in {200, 503}, answer.text
    if answer.status_code == 200:
        told = answer.json()
        assert told["accepted"] + told["duplicate"] == len(batch), told
    return answer.status_code == 200


def _batch(number: int, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": f"b{number}-{n}",
            "ts": (now - timedelta(minutes=(number * 7 + n) % 5_000)).isoformat(),
            "type": "error" if n % 11 == 0 else "api_call",
            "feature": f"f{n % 3}",
            "user": f"u{(number + n) % 7}",
            "status": 403 if n % 13 == 0 else 200,
            "ms": n,
        }
        for n in range(BATCH)
    ]


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1] if entry.name.isdigit() else ""
        except OSError:
            continue
        if parent == str(pid):
            found.append(int(entry.name))
    return found


@contextmanager
def opened() -> Iterator[Rig]:
    """Yield a rig whose API and worker are started; whatever becomes of it, nothing of it is left."""
    parent = "/var/tmp" if os.geteuid() == 0 else None  # noqa: S108 - see tests/conftest.py
    with tempfile.TemporaryDirectory(prefix="calos-kills-", dir=parent) as folder:
        home = Path(folder)
        settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False, DATABASE_URL="", TELEMETRY_URL="")
        try:
            migrate_all(settings)
            rig = Rig(home, free_port(), owner_urls(settings)[0], _licenses(settings), settings)
        except BaseException:
            embedded.stop(home)
            raise
        try:
            for name in ("api", "worker"):
                rig.start(name)
            yield rig
        finally:
            for name in rig.processes:
                rig.kill(name)
            embedded.stop(home)


def _licenses(settings: Settings) -> list[Issued]:
    databases, now = open_databases(settings), clock.now()
    with databases.control.write(SYSTEM) as session:
        vendor = create_organization(session, system_actor(new_id()), "Vendor", realm="vendor", now=now)
        actor = system_actor(vendor)
        customer = create_organization(session, actor, "Customer", now=now)
        made = [
            issue(session, actor, customer, "enterprise", term="paid", billing_period="annual", now=now)
            for _ in range(INSTALLS)
        ]
    databases.close()
    return made


async def undisturbed(rig: Rig, seconds: float) -> float:
    """Return the events a second that the same load reaches while nothing is killed."""
    await asyncio.gather(rig.wait_for("api"), rig.wait_for("worker"))
    stop, before, began = asyncio.Event(), len(rig.acknowledged), time.perf_counter()
    sending = asyncio.create_task(rig.send(stop))
    await asyncio.sleep(seconds)
    stop.set()
    await sending
    return (len(rig.acknowledged) - before) / (time.perf_counter() - began)


async def killed(rig: Rig, kills: int, events: int) -> Report:
    """Kill each process `kills` times while events arrive, until `events` of them are acknowledged; then recount."""
    await asyncio.gather(rig.wait_for("api"), rig.wait_for("worker"))
    stop, began, before = asyncio.Event(), time.perf_counter(), len(rig.acknowledged)
    sending = asyncio.create_task(rig.send(stop))
    done: dict[str, list[float]] = {name: [] for name in VICTIMS}
    each = max(BATCH, events // kills // 2)

    async def reach(goal: int) -> None:
        while len(rig.acknowledged) < goal:
            if sending.done():
                sending.result()
            await asyncio.sleep(0.002)

    async def kill_again_and_again(*victims: str) -> None:
        for _ in range(kills):
            for victim in victims:
                # In the middle of the load: something was acknowledged since the last one was up again.
                await reach(len(rig.acknowledged) + each // len(victims))
                struck = time.perf_counter()
                await asyncio.to_thread(rig.kill, victim)
                await rig.restart(victim)
                await reach(len(rig.acknowledged) + 1)
                done[victim].append(time.perf_counter() - struck)

    # The worker's deaths fall anywhere between the others'.
    await asyncio.gather(kill_again_and_again("api", "database"), kill_again_and_again("worker"))
    amid = len(rig.acknowledged) - before
    await reach(before + events)
    stop.set()
    await sending
    seconds = time.perf_counter() - began
    return await asyncio.to_thread(_recounted, rig, done, seconds, (len(rig.acknowledged) - before, amid))


def _recounted(rig: Rig, recovered: dict[str, list[float]], seconds: float, counts: tuple[int, int]) -> Report:
    databases, now = open_databases(rig.settings), clock.now()
    with psycopg.connect(rig.url) as connection:
        stored = [str(row[0]) for row in connection.execute("SELECT event_id FROM event")]
    with databases.telemetry.read(SYSTEM) as session:
        wrong = sum(
            kept_roll_ups(session, install_id) != recounted_roll_ups(check(events, now=now, retention_days=30).rows)
            for install_id, events in rig.sent.items()
        )
    databases.close()
    sent = {event["id"] for events in rig.sent.values() for event in events}
    lost = len(rig.acknowledged - set(stored))
    kills = {name: len(times) for name, times in recovered.items()}
    return Report(*counts, lost, len(stored) - len(sent & set(stored)), wrong, kills, seconds, recovered)


def main() -> None:
    """Measure the load alone, then with the kills, and say what was lost; ends with 1 if anything was."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=50, help="of each process")
    asked.add_argument("--events", type=int, default=100_000)
    asked.add_argument("--seconds", type=float, default=20.0, help="for which the load runs undisturbed, before")
    given = asked.parse_args()
    with opened() as rig:
        alone = asyncio.run(undisturbed(rig, given.seconds))
        report = asyncio.run(killed(rig, given.kills, given.events))
    rate = report.acknowledged / report.seconds
    sys.stdout.write(
        f"lost={report.lost} of {report.acknowledged} acknowledged events, {report.strange} stored twice or never "
        f"sent, roll-ups of {report.wrong_roll_ups} of {INSTALLS} installs differ from a recount\n"
        f"kills: {', '.join(f'{name} {times}' for name, times in report.kills.items())} in {report.seconds:.0f} s, "
        f"{report.amid} events acknowledged amid them\n"
        f"{rate:.0f} events/s against {alone:.0f} without kills: {rate / alone:.2f}\n"
        "from the kill to the next acknowledgement, median: "
        f"{', '.join(f'{name} {median(report.recovered[name]):.1f} s' for name in ('api', 'database'))}\n"
    )
    raise SystemExit(bool(report.lost or report.strange or report.wrong_roll_ups))


if __name__ == "__main__":
    main()
