"""Licenses behind several API processes: no `valid` after an acknowledged stop, and no limit passed by any race."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from core import clock
from core.config import Settings
from core.databases import Databases, door_url
from core.licensing.policy import Policy
from core.licensing.writes import Issued, issue, reinstate, resume, revoke, suspend
from core.organizations.writes import create_organization
from db.models.licensing import installation, seat_lease
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import Cast
from tests.running import free_port

ROOT = Path(__file__).parents[2]
PROCESSES, CLIENTS, ROUNDS = 2, 12, 24
# How long a license stays as it is between two changes: some dozens of answers of each process.
PAUSE_SECONDS = 0.06
RACERS, PLACES = 50, 7

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Asked:
    """One question: when it began and when its answer was there, by one clock, and what it said."""

    port: int
    began: float
    ended: float
    valid: bool


@pytest.fixture(scope="module")
def ports(databases: Databases, test_settings: Settings) -> Iterator[list[int]]:
    """Yield the ports of API processes on one database."""
    found = [free_port() for _ in range(PROCESSES)]
    servers = []
    try:
        for port in found:
            server = subprocess.Popen(
                [sys.executable, "-m", "tests.api.license_server"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            servers.append(server)
            assert server.stdin is not None
            json.dump(
                {"url": door_url(databases.control_url), "home": str(test_settings.home), "port": port}, server.stdin
            )
            server.stdin.close()
        for server in servers:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
        for port in found:
            _wait_for(port)
        yield found
    finally:
        for server in servers:
            server.kill()
            server.wait()


def _wait_for(port: int) -> None:
    async def reached() -> None:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
        raise AssertionError(f"nothing listens on {port}")

    asyncio.run(reached())


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Iterator[Callable[[Policy], Issued]]:
    """Yield what issues a committed license to a customer of this test alone."""
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Raced", now=clock.now())

    def made(rules: Policy) -> Issued:
        with databases.control.write(SYSTEM) as session:
            return issue(
                session,
                cast.system,
                customer,
                "pro",
                term="paid",
                billing_period="monthly",
                policy=rules,
                now=clock.now(),
            )

    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.organization_id == customer))


class Client:
    """One keep-alive connection to one process."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def connect(self) -> "Client":
        """Open the connection."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def post(self, path: str, body: dict[str, Any], secret: str | None) -> dict[str, Any]:
        """Return what a POST is answered; anything but 200 fails."""
        sent = json.dumps(body)
        proof = f"Authorization: Bearer {secret}\r\n" if secret else ""
        self.writer.write(
            f"POST /api{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{proof}"
            f"Content-Length: {len(sent)}\r\n\r\n{sent}".encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = await self.reader.readexactly(length)
        assert head.startswith(b"HTTP/1.1 200"), (head + answer).decode()
        return dict(json.loads(answer))


async def test_what_is_asked_after_a_change_is_answered_after_it(
    ports: list[int], issued: Callable[[Policy], Issued], databases: Databases, cast: Cast
) -> None:
    """Linearizable: between two changes, every process answers by the first of them, whoever asks and however many."""
    made, heard, stop = issued(Policy()), list[Asked](), asyncio.Event()
    await (await Client(ports[0]).connect()).post("/licenses/verify", {"installId": made.install_id}, None)

    async def hammer(port: int, number: int) -> None:
        client, turns = await Client(port).connect(), count()
        while not stop.is_set():
            turn = next(turns)
            # Some questions are new to the decision log each time, some are check-ins, some neither.
            body = {"installId": made.install_id, "seats": turn if number % 3 == 0 else number}
            began = time.perf_counter()
            answer = await client.post("/licenses/verify", body, made.install_secret if number % 2 else None)
            heard.append(Asked(port, began, time.perf_counter(), answer["valid"]))
        client.writer.close()

    hammering = [asyncio.create_task(hammer(ports[n % PROCESSES], n // PROCESSES)) for n in range(CLIENTS)]
    changes = await asyncio.to_thread(_change_again_and_again, databases, cast, made.install_id)
    stop.set()
    await asyncio.gather(*hammering)

    told: Counter[tuple[int, bool]] = Counter()
    for (_, since, valid), (until, _, _) in pairwise([*changes, (float("inf"), 0.0, True)]):
        between = [one for one in heard if one.began >= since and one.ended <= until]
        wrong = [one for one in between if one.valid is not valid]
        assert wrong == [], f"{len(wrong)} of {len(between)} were told valid={not valid} after it had changed"
        told.update((one.port, valid) for one in between)
    # Each process has said both, so often that a stale answer would have been among them.
    assert all(told[port, valid] >= 5 * ROUNDS for port in ports for valid in (True, False)), told


def _change_again_and_again(databases: Databases, cast: Cast, install_id: str) -> list[tuple[float, float, bool]]:
    """Return when each change began, when its commit was known, and whether the license is valid from then on."""
    acts = [(revoke, False), (reinstate, True), (suspend, False), (resume, True)]
    made = []
    for turn in range(2 * ROUNDS):
        act, valid = acts[turn % len(acts)]
        time.sleep(PAUSE_SECONDS)
        began = time.perf_counter()
        with databases.control.write(SYSTEM) as session:
            act(session, cast.fiona, install_id, reason="race", now=clock.now())
        made.append((began, time.perf_counter(), valid))
    time.sleep(PAUSE_SECONDS)
    return made


async def _race(ports: list[int], path: str, bodies: list[dict[str, Any]], secret: str) -> list[dict[str, Any]]:
    """Return the answers to questions sent at once, each over a connection of its own."""
    clients = [await Client(ports[number % len(ports)]).connect() for number in range(len(bodies))]
    answers = await asyncio.gather(
        *(client.post(path, body, secret) for client, body in zip(clients, bodies, strict=True))
    )
    for client in clients:
        client.writer.close()
    return answers


async def test_fifty_machines_never_activate_more_than_may(
    ports: list[int], issued: Callable[[Policy], Issued], databases: Databases
) -> None:
    for _ in range(4):
        made = issued(Policy(max_installs=PLACES))
        bodies = [{"installId": made.install_id, "fingerprint": f"machine-{n}"} for n in range(RACERS)]
        answers = await _race(ports, "/licenses/verify", bodies, made.install_secret)
        codes = Counter(answer["code"] for answer in answers)
        assert codes == {"VALID": PLACES, "TOO_MANY_INSTALLS": RACERS - PLACES}
        assert all(answer["valid"] is (answer["code"] == "VALID") for answer in answers)
        let_in = {answer["license"]["fingerprint"] for answer in answers if answer["valid"]}
        with databases.control.read(SYSTEM) as session:
            c = installation.c
            activated = session.execute(
                select(c.fingerprint).join(licenses).where(licenses.c.install_id == made.install_id)
            )
            assert set(activated.scalars()) == let_in
        # Who was let in stays in, and nobody else ever comes in, whichever process is asked.
        again = await _race(ports[::-1], "/licenses/verify", bodies, made.install_secret)
        assert [answer["code"] for answer in again] == [answer["code"] for answer in answers]


async def test_fifty_people_never_sit_on_more_seats_than_there_are(
    ports: list[int], issued: Callable[[Policy], Issued], databases: Databases
) -> None:
    for _ in range(4):
        made = issued(Policy(max_seats=PLACES))
        bodies = [{"installId": made.install_id, "holder": f"person-{n}"} for n in range(RACERS)]
        answers = await _race(ports, "/licenses/seats", bodies, made.install_secret)
        codes = Counter((answer["granted"], answer["code"]) for answer in answers)
        assert codes == {(True, "VALID"): PLACES, (False, "TOO_MANY_SEATS"): RACERS - PLACES}
        seated = {answer["holder"] for answer in answers if answer["granted"]}
        with databases.control.read(SYSTEM) as session:
            held = session.execute(
                select(seat_lease.c.holder).join(licenses).where(licenses.c.install_id == made.install_id)
            )
            assert set(held.scalars()) == seated
        again = await _race(ports[::-1], "/licenses/seats", bodies, made.install_secret)
        assert {answer["holder"] for answer in again if answer["granted"]} == seated
