"""The queue before the database: one noisy install neither starves the others nor piles up without end (T7)."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.errors import LimitReached
from core.telemetry.door import IngestDoor
from core.telemetry.installs import Install
from core.telemetry.writers import WAITING_EVENTS_AN_INSTALL
from tests.conftest import NOW


def _install(install_id: str) -> Install:
    return Install(install_id, uuid4(), "pro", revoked=False)


def _batch(number: int, size: int) -> list[dict[str, Any]]:
    at = NOW - timedelta(seconds=number)
    return [{"id": f"{number}-{n}", "ts": at.isoformat(), "type": "page_view"} for n in range(size)]


async def test_a_quiet_install_is_served_before_a_noisy_one_is_done(door: IngestDoor, install_id: str) -> None:
    noisy, quiet = _install(f"{install_id}-noisy"), _install(f"{install_id}-quiet")
    for install in (noisy, quiet):
        await door.ingest(install, _batch(0, 1), now=NOW)
    done: list[str] = []

    async def send(install: Install, number: int, size: int) -> None:
        receipt = await door.ingest(install, _batch(number, size), now=NOW)
        assert receipt.accepted == size
        done.append(install.install_id)

    noise = [send(noisy, number, 500) for number in range(1, 31)]
    await asyncio.gather(*noise, send(quiet, 1, 5))
    assert done.index(quiet.install_id) < 10


async def test_an_install_may_not_pile_up_without_end(door: IngestDoor, install_id: str) -> None:
    noisy = _install(install_id)
    await door.ingest(noisy, _batch(0, 1), now=NOW)
    count = 2 * WAITING_EVENTS_AN_INSTALL // 1_000
    sent = [door.ingest(noisy, _batch(number, 1_000), now=NOW) for number in range(1, count + 1)]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, LimitReached)]
    assert {answer.code for answer in refused} == {"install_queue_full"}
    assert 0 < len(refused) < count
    # Whoever was refused is taken later.
    first = next(number for number, answer in enumerate(answers, 1) if isinstance(answer, LimitReached))
    assert (await door.ingest(noisy, _batch(first, 1_000), now=NOW)).accepted == 1_000


async def test_closing_writes_what_waits(door: IngestDoor, install_id: str) -> None:
    install = _install(install_id)
    await door.ingest(install, _batch(0, 1), now=NOW)
    sending = [asyncio.create_task(door.ingest(install, _batch(number, 10), now=NOW)) for number in range(1, 20)]
    await asyncio.sleep(0)
    await door.close()
    assert sum(receipt.accepted for receipt in await asyncio.gather(*sending)) == 190


async def test_a_batch_whose_sender_left_is_written_all_the_same(door: IngestDoor, install_id: str) -> None:
    install = _install(install_id)
    await door.ingest(install, _batch(0, 1), now=NOW)
    left = asyncio.create_task(door.ingest(install, _batch(1, 10), now=NOW))
    await asyncio.sleep(0)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    again = await door.ingest(install, _batch(1, 10), now=NOW)
    assert again.duplicate == 10
