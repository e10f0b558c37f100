"""Verification against a trivial and a signing-only route, in one run: `python -m tests.bench.verify --seconds 5`."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api import verify
from api.boot import settle_memory
from api.front_door import FrontDoor
from api.house import House
from core import clock, signing
from core.access.actor import system_actor
from core.config import Settings
from core.databases import door_url, migrate_all, open_databases
from core.ids import new_id
from core.licensing.answers import answer
from core.licensing.door import open_door
from core.licensing.verdicts import LicenseState, Question
from core.licensing.verification import decide
from core.licensing.writes import issue
from core.organizations.writes import create_organization
from db import embedded
from db.session import SYSTEM

LICENSES = 1_000
CONNECTIONS = 32
PATHS = {
    "trivial": "/trivial",
    "signing only": "/signing",
    "route alone": "/alone",
    "verification": "/api/licenses/verify",
}


def _state() -> LicenseState:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    features = ("pos", "email", "chatbot", "sales", "crypto", "analytics")
    return LicenseState(
        str(new_id()), str(new_id()), "inst-bench", "pro", "paid", "monthly", now, now, None, None, None, 3, None, (),
        False, None, "restrict", "deny", features, None, now, now, 1, None, True,
    )  # fmt: skip


def served() -> ASGIApp:
    """Return the peers as a user of Starlette writes them, and the product's door; run by uvicorn in its own process.

    `/signing` makes one and the same verdict into an answer, signs it as the product does, and returns it: no database,
    no parsing, no decision log. `/alone` is the product's verification as a route among the peers; the real address has
    the front door before it, with its rates, request ids, guarding headers and metrics.
    """
    home, url = Path(os.environ["BENCH_HOME"]), os.environ["BENCH_URL"]
    api = FastAPI()
    ring = signing.open_ring(home, "answers", now=clock.now())
    state, question = _state(), Question("inst-bench", authenticated=True)
    limits: dict[str, int | None] = dict.fromkeys(("api_calls_day", "storage_bytes", "members", "projects"), 1000)

    async def trivial(request: Request) -> Response:
        await request.body()
        return Response(b'{"ok":true}', media_type="application/json")

    async def signing_only(request: Request) -> Response:
        await request.body()
        now = clock.now()
        signed = ring.sign(answer(state, question, decide(state, question, now), limits, now))
        return Response(signed, media_type="application/json")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        api.state.verify_door = await open_door(url, home)
        # As the house does once it stands; it helps every route here alike.
        settle_memory()
        yield
        await api.state.verify_door.close()

    door = verify.Door(api)
    peers = Starlette(
        routes=[
            Route("/trivial", trivial, methods=["POST"]),
            Route("/signing", signing_only, methods=["POST"]),
            Route("/alone", door, methods=["POST"]),
        ],
        lifespan=lifespan,
    )
    settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False, CALOS_DOOR_RATE=10**9)
    house = House(settings, ready=True, doors={verify.PATH: door})
    product = Starlette(routes=[verify.outer_route(api)], middleware=[Middleware(FrontDoor, house=house)])

    async def by_path(scope: Scope, receive: Receive, send: Send) -> None:
        app = product if scope.get("path") == verify.PATH else peers
        await app(scope, receive, send)

    return by_path


@contextmanager
def _world(home: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield the door's URL and the licenses of a throw-away database with ordinary durability."""
    settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False)
    try:
        migrate_all(settings)
        databases = open_databases(settings)
        with databases.control.write(SYSTEM) as session:
            builder = system_actor(new_id())
            vendor = system_actor(create_organization(session, builder, "Vendor", realm="vendor", now=clock.now()))
            customer = create_organization(session, vendor, "Customer", now=clock.now())
            made = [
                issue(session, vendor, customer, "pro", term="paid", billing_period="monthly", now=clock.now())
                for _ in range(LICENSES)
            ]
        yield door_url(databases.control_url), [(one.install_id, one.install_secret) for one in made]
        databases.close()
    finally:
        embedded.stop(home)


@contextmanager
def _server(home: Path, url: str, port: int) -> Iterator[int]:
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.bench.verify:served", "--port", str(port)]
    environment = {**os.environ, "BENCH_HOME": str(home), "BENCH_URL": url}
    server = subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"], env=environment)
    try:
        for _ in range(300):
            try:
                httpx2.post(f"http://127.0.0.1:{port}/trivial")
                break
            except httpx2.ConnectError:
                time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait(10)


def _load(port: int, path: str, known: list[tuple[str, str]], *, secret: bool, seconds: float) -> dict[str, Any]:
    given = {
        "port": port,
        "path": path,
        "bodies": [json.dumps({"installId": install_id, "nonce": "0123456789abcdef"}) for install_id, _ in known],
        "headers": [f"Authorization: Bearer {word}\r\n" if secret else "" for _, word in known],
        "connections": CONNECTIONS,
        "seconds": seconds,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Measure each route in turn, twice, so that a slow moment of the machine shows."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=5.0)
    asked.add_argument("--port", type=int, default=5899)
    asked.add_argument("--rounds", type=int, default=2)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder:
        home = Path(folder)
        with _world(home) as (url, known), _server(home, url, given.port) as server:
            for secret in (True, False):
                # First every installation once, so that activations and first decisions are behind us.
                while _load(given.port, PATHS["verification"], known, secret=secret, seconds=3)["rate"] * 3 < LICENSES:
                    continue
                _round(given, known, server, secret=secret)


def _round(given: argparse.Namespace, known: list[tuple[str, str]], server: int, *, secret: bool) -> None:
    sys.stdout.write(f"\n{'with the install secret' if secret else 'install id alone'}, {CONNECTIONS} connections\n")
    for _ in range(given.rounds):
        rates: dict[str, float] = {}
        for name, path in PATHS.items():
            before = _cpu_seconds(server)
            found = _load(given.port, path, known, secret=secret, seconds=given.seconds)
            cpu = (_cpu_seconds(server) - before) / (found["rate"] * given.seconds) * 1e6
            rates[name] = found["rate"]
            shares = "  ".join(f"{found['rate'] / rate:5.2f} of {other}" for other, rate in rates.items())
            sys.stdout.write(
                f"{name:14} {found['rate']:8.0f}/s  p50 {found['p50']:6.2f}  p95 {found['p95']:6.2f}  "
                f"p99 {found['p99']:6.2f} ms  {cpu:4.0f} us of the server's CPU each  "
                f"failed {found['failed']}  {shares}\n"
            )


def _cpu_seconds(process: int) -> float:
    """Return the CPU time of a process (Linux): what stays comparable while others use the machine."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
