"""From commit to client against a raw LISTEN/NOTIFY, in one run: `python -m tests.bench.realtime --sockets 5000`."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.routing import Mount

from api.house import House
from api.live import create_live, run_live
from core import clock
from core.access import tokens
from core.access.actor import system_actor
from core.access.people import create_person
from core.access.permissions import Role
from core.announce.relay import run_relay
from core.config import Settings, secret_for
from core.databases import migrate_all, open_databases
from core.ids import new_id
from core.organizations.writes import create_organization
from db import embedded
from db.models.access import session as sessions
from db.session import SYSTEM

ORGANIZATIONS = 100


def _settings(home: Path) -> Settings:
    return Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False)


def served() -> Starlette:
    """Return the realtime door with its relay; run by uvicorn in a process of its own."""
    house = House(_settings(Path(os.environ["BENCH_HOME"])), ready=True)
    live, stop = create_live(house), asyncio.Event()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        house.opened = open_databases(house.settings)
        url = house.databases.control_url
        tasks = [asyncio.create_task(run_relay(url, stop)), asyncio.create_task(run_live(live, stop))]
        yield
        stop.set()
        await asyncio.gather(*tasks)

    return Starlette(routes=[Mount("/socket.io", live.app)], lifespan=lifespan)


@contextmanager
def _world(home: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the app's URL, and a signed-in person's token for each organization, with ordinary durability."""
    settings = _settings(home)
    now = clock.now()
    key, ends = secret_for(settings, "session token"), now + timedelta(hours=1)
    try:
        migrate_all(settings)
        databases = open_databases(settings)
        known = []
        with databases.control.write(SYSTEM) as session:
            vendor = system_actor(create_organization(session, system_actor(new_id()), "V", realm="vendor", now=now))
            for number in range(ORGANIZATIONS):
                made, mail = create_organization(session, vendor, f"C{number}", now=now), f"{number}@calos.test"
                person = create_person(session, vendor, made, mail, mail, Role.VIEWER, "a long enough one 91", now=now)
                session_id = new_id()
                whose = {"id": session_id, "organization_id": made, "person_id": person}
                times = {"created_at": now, "last_seen_at": now, "idle_until": ends, "expires_at": ends}
                session.execute(insert(sessions).values(**whose, **times, user_agent="", address=""))
                known.append((str(made), tokens.issue(session_id, ends, key=key)))
        yield databases.control_url, known
        databases.close()
    finally:
        embedded.stop(home)


@contextmanager
def _server(home: Path, port: int) -> Iterator[int]:
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.bench.realtime:served", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--log-level", "warning", "--no-access-log", "--ws", "websockets-sansio"],
        env={**os.environ, "BENCH_HOME": str(home)},
    )
    try:
        time.sleep(5)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def _share(took: list[float], share: float) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * share))] * 1000


def _line(name: str, took: list[float], base: float, more: str = "") -> str:
    spread = "  ".join(f"p{share:g} {_share(took, share / 100):7.2f} ms" for share in (50, 95, 99))
    return f"{name:28} n {len(took):6}  {spread}  p50 {_share(took, 0.5) / base:6.1f} of raw{more}\n"


def _memory(pid: int) -> int:
    """Return the most memory a process has held so far, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def main() -> None:
    """Measure with few sockets and with many; the client shares the machine's cores with server and database."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sockets", type=int, nargs="+", default=[100, 5_000])
    asked.add_argument("--events", type=int, default=300)
    asked.add_argument("--idle", type=int, default=3, help="events after 11 s of silence each")
    asked.add_argument("--pause", type=float, default=0.05, help="mean seconds between events")
    asked.add_argument("--port", type=int, default=5897)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder:
        home = Path(folder)
        with _world(home) as (control_url, known):
            for sockets in given.sockets:
                with _server(home, given.port) as pid:
                    _round(given, sockets, control_url, known, pid)


def _round(given: argparse.Namespace, sockets: int, url: str, known: list[tuple[str, str]], pid: int) -> None:
    empty = _memory(pid)
    wanted = {"url": f"ws://127.0.0.1:{given.port}", "control_url": url, "tokens": known, "sockets": sockets}
    asked = json.dumps({**wanted, "events": given.events, "idle": given.idle, "pause": given.pause})
    command = [sys.executable, "-m", "tests.bench.sockets"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    base = _share(found["raw"], 0.5)
    sys.stdout.write(
        f"\n{sockets} sockets of {ORGANIZATIONS} organizations, connected at {sockets / found['connecting']:.0f}/s\n"
    )
    sys.stdout.write(_line("raw NOTIFY", found["raw"], base))
    for name in ("busy", "idle"):
        if found[name]["took"]:
            missed = f"  missed {found[name]['missed']}"
            sys.stdout.write(_line(f"commit to client, {name}", found[name]["took"], base, missed))
    sys.stdout.write(f"server's memory at most {_memory(pid)} MB, {empty} MB of it before any socket\n")


if __name__ == "__main__":
    main()
