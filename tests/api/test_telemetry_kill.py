"""Kill -9 of the app and of PostgreSQL in the middle of ingest: what was acknowledged is there, once (T1)."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from core.access.actor import system_actor
from core.config import Settings
from core.databases import logins
from core.ids import new_id
from core.licensing.writes import Issued, issue
from core.organizations.writes import create_organization
from core.telemetry.events import check
from db import embedded, migrate
from db.session import SYSTEM, connect, login_url
from tests.core.telemetry.recount import kept_roll_ups, recounted_roll_ups

SERVER = Path(__file__).with_name("telemetry_server.py")
BATCHES, BATCH, SENDERS = 60, 20, 4
KILLS = 3

pytestmark = pytest.mark.slow


@dataclass
class _Rig:
    """A durable database of its own, with a license, and the app process in front of it."""

    home: Path
    url: str
    issued: Issued
    port: int
    app: subprocess.Popen[str] | None = None
    acknowledged: set[str] = field(default_factory=set)

    def start_app(self) -> None:
        command = [sys.executable, str(SERVER), str(self.port), self.url]
        self.app = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.app.stdout is not None
        assert self.app.stdout.readline() == "ready\n"

    def kill_app(self) -> None:
        assert self.app is not None
        self.app.kill()
        self.app.wait()

    def kill_database(self) -> None:
        running = embedded.attach(self.home)
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        embedded.start(self.home)


@pytest.fixture
def rig() -> Iterator[_Rig]:
    home = Path(tempfile.mkdtemp(prefix="calos-kill-", dir="/var/tmp" if os.geteuid() == 0 else None))  # noqa: S108
    owner = migrate.ensure_database(embedded.start(home).url, "calos")
    settings = Settings(_env_file=None, CALOS_HOME=home, DATABASE_URL=owner, JWT_SECRET="x" * 40)
    as_app = logins(settings)
    for plane in migrate.PLANES:
        migrate.upgrade(owner, plane, as_app)
    url = login_url(owner, as_app.app, as_app.app_password)
    made = _Rig(home, url, _issued(url), _free_port())
    yield made
    if made.app is not None:
        made.kill_app()
    embedded.stop(home)
    shutil.rmtree(home, ignore_errors=True)


def _issued(url: str) -> Issued:
    database = connect(url)
    now = datetime.now(UTC)
    with database.write(SYSTEM) as session:
        builder = system_actor(new_id())
        vendor = create_organization(session, builder, "Calos", realm="vendor", now=now)
        actor = system_actor(vendor)
        customer = create_organization(session, actor, "Globex", now=now)
        made = issue(session, actor, customer, "enterprise", term="paid", billing_period="annual", now=now)
    database.close()
    return made


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _batches(now: datetime) -> list[list[dict[str, Any]]]:
    return [
        [
            {
                "id": f"b{number}-{n}",
                "ts": (now - timedelta(minutes=(number * BATCH + n) % 5_000)).isoformat(),
                "type": "api_call",
                "feature": f"f{n % 3}",
                "user": f"u{n % 7}",
                "ms": n,
            }
            for n in range(BATCH)
        ]
        for number in range(BATCHES)
    ]


async def _send_all(rig: _Rig, batches: list[list[dict[str, Any]]]) -> None:
    """Send every batch until it is acknowledged, as a client with a spool does."""
    waiting = list(batches)
    headers = {"authorization": f"Bearer {rig.issued.install_secret}"}

    async def sender() -> None:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{rig.port}", headers=headers, timeout=20) as http:
            while waiting:
                batch = waiting.pop()
                try:
                    answer = await http.post("/telemetry/events", json={"events": batch})
                except httpx2.TransportError:
                    answer = None
                if answer is not None and answer.status_code == 200:
                    rig.acknowledged |= {event["id"] for event in batch}
                    await asyncio.sleep(0.02)
                else:
                    assert answer is None or answer.status_code == 503, answer.text
                    waiting.insert(0, batch)
                    await asyncio.sleep(0.05)

    await asyncio.gather(*(sender() for _ in range(SENDERS)))


def _stored(rig: _Rig) -> list[str]:
    with psycopg.connect(rig.url) as connection:
        connection.execute("SET LOCAL app.scope = 'system'")
        return [row[0] for row in connection.execute("SELECT event_id FROM event")]


@pytest.mark.parametrize("victim", ["app", "database"])
async def test_kill_9_in_the_middle_loses_nothing_acknowledged_and_counts_nothing_twice(rig: _Rig, victim: str) -> None:
    rig.start_app()
    now = datetime.now(UTC)
    batches = _batches(now)
    sending = asyncio.create_task(_send_all(rig, batches))
    for _ in range(KILLS):
        before = len(rig.acknowledged)
        while len(rig.acknowledged) <= before + BATCH:
            await asyncio.sleep(0.002)
        if victim == "app":
            rig.kill_app()
        else:
            await asyncio.to_thread(rig.kill_database)
        acknowledged = set(rig.acknowledged)
        assert acknowledged <= set(await asyncio.to_thread(_stored, rig))
        if victim == "app":
            await asyncio.to_thread(rig.start_app)
    assert len(rig.acknowledged) < BATCHES * BATCH, "the kills fell into the middle"
    await sending

    events = [event for batch in batches for event in batch]
    stored = _stored(rig)
    assert sorted(stored) == sorted(event["id"] for event in events)
    expected = recounted_roll_ups(check(events, now=now, retention_days=395).rows)
    database = connect(rig.url)
    with database.read(SYSTEM) as session:
        assert kept_roll_ups(session, rig.issued.install_id) == expected
    database.close()
