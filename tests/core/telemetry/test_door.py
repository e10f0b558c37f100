"""The ingest door: who may send, how much, what a receipt says, and that trouble in the database loses nothing."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import delete, text

from core.databases import Databases, door_url
from core.errors import LimitReached, NotPermitted, UpstreamFailed
from core.licensing.writes import Issued, issue, revoke
from core.organizations.writes import create_organization
from core.telemetry import installs
from core.telemetry.door import IngestDoor, open_door
from core.telemetry.events import Receipt, check
from core.telemetry.installs import Install
from core.telemetry.quotas import NO_LIMITS, IngestLimit
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import Cast
from tests.conftest import NOW
from tests.core.telemetry.recount import kept_roll_ups, recounted_roll_ups

Event = dict[str, Any]


def _event(number: int, **changed: Any) -> Event:
    at = NOW - timedelta(seconds=number)
    return {"id": f"e{number}", "ts": at.isoformat(), "type": "api_call", "feature": "pos", "user": "ada", **changed}


def _install(install_id: str, tier: str = "pro") -> Install:
    return Install(install_id, uuid4(), tier, revoked=False)


def _told(receipt: Receipt) -> tuple[int, int, list[int]]:
    return receipt.accepted, receipt.duplicate, [refusal.index for refusal in receipt.refused]


@pytest.fixture
def issued(databases: Databases, cast: Cast) -> Any:
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Initech", now=NOW)
        made = issue(session, cast.system, customer, "pro", term="paid", billing_period="monthly", now=NOW)
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.organization_id == customer))


async def test_an_install_is_known_by_its_secret_alone(door: IngestDoor, issued: Issued) -> None:
    found = await door.install(issued.install_secret)
    assert found is not None
    assert (found.install_id, found.tier_id, found.revoked) == (issued.install_id, "pro", False)
    assert isinstance(found.organization_id, UUID)
    assert await door.install(issued.install_secret + "x") is None
    assert await door.install("") is None
    found.admit(None)
    found.admit(issued.install_id)
    with pytest.raises(NotPermitted) as other:
        found.admit("inst-of-another")
    assert other.value.code == "other_install"


async def test_a_revoked_license_sends_no_more_once_a_minute_is_over(
    door: IngestDoor, issued: Issued, databases: Databases, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await door.install(issued.install_secret)
    with databases.control.write(SYSTEM) as session:
        revoke(session, cast.system, issued.install_id, reason="contract over", now=NOW)
    monkeypatch.setattr(installs, "REMEMBERED_SECONDS", 0.0)
    found = await door.install(issued.install_secret)
    assert found is not None
    with pytest.raises(NotPermitted) as over:
        found.admit(None)
    assert over.value.code == "license_revoked"


async def test_a_receipt_tells_accepted_duplicate_and_refused(door: IngestDoor, install_id: str) -> None:
    install = _install(install_id)
    batch = [_event(1), _event(2), {"id": "x"}, _event(1), "no event"]
    assert _told(await door.ingest(install, batch, now=NOW)) == (2, 1, [2, 4])
    assert _told(await door.ingest(install, [_event(2), _event(3)], now=NOW)) == (1, 1, [])
    assert _told(await door.ingest(install, [], now=NOW)) == (0, 0, [])


async def test_the_same_id_on_the_same_utc_day_is_a_duplicate_whatever_its_time(
    door: IngestDoor, install_id: str
) -> None:
    install, at = _install(install_id), NOW.replace(hour=23, minute=59)
    first = _event(1, ts=at.isoformat())
    assert (await door.ingest(install, [first], now=NOW)).accepted == 1
    same_day = _event(1, ts=(at - timedelta(hours=20)).isoformat(), type="error")
    assert (await door.ingest(install, [same_day], now=NOW)).duplicate == 1
    next_day = _event(1, ts=(at + timedelta(minutes=2)).isoformat())
    assert (await door.ingest(install, [next_day], now=NOW)).accepted == 1


async def test_batches_that_wait_together_each_get_their_own_receipt(door: IngestDoor, install_id: str) -> None:
    one, two = _install(f"{install_id}-1"), _install(f"{install_id}-2")
    await door.ingest(one, [_event(1)], now=NOW)
    await door.ingest(two, [_event(9)], now=NOW)
    sent = [(one, [1, 2]), (two, [1]), (one, [2, 3]), (two, [1, 4]), (one, [5, 5]), (one, [])]
    receipts = await asyncio.gather(
        *(door.ingest(install, [_event(number) for number in numbers], now=NOW) for install, numbers in sent)
    )
    assert [_told(receipt)[:2] for receipt in receipts] == [(1, 1), (1, 0), (1, 1), (1, 1), (1, 1), (0, 0)]


async def test_what_arrived_how_is_counted_by_day_of_receipt(
    door: IngestDoor, install_id: str, databases: Databases
) -> None:
    late, ahead = NOW - timedelta(hours=2), NOW + timedelta(minutes=6)
    batch = [_event(1), _event(1), _event(2, ts=late.isoformat()), _event(3, ts=ahead.isoformat()), {}]
    await door.ingest(_install(install_id), batch, now=NOW)
    with databases.telemetry.read(SYSTEM) as session:
        found = session.execute(
            text("SELECT day, accepted, duplicates, refused, late, ahead FROM ingest_quota WHERE install_id = :i"),
            {"i": install_id},
        ).one()
    assert tuple(found) == (NOW.date(), 3, 1, 1, 1, 1)


async def test_refusals_are_counted_by_reason_with_the_batch_that_had_them(
    door: IngestDoor, install_id: str, databases: Databases
) -> None:
    old = _event(4, ts=(NOW - timedelta(days=400)).isoformat())
    await door.ingest(_install(install_id), [_event(1), {}, old, old], now=NOW)
    # Batches that wait together are counted together.
    await asyncio.gather(*(door.ingest(_install(install_id), [{}, "none"], now=NOW) for _ in range(3)))
    with databases.telemetry.read(SYSTEM) as session:
        found = session.execute(
            text("SELECT code, events FROM ingest_refusal WHERE install_id = :i AND day = :d ORDER BY code"),
            {"i": install_id, "d": NOW.date()},
        )
        assert [tuple(row) for row in found] == [("missing_field", 4), ("not_an_object", 3), ("too_old", 2)]


@pytest.fixture
async def narrow(databases: Databases) -> AsyncIterator[IngestDoor]:
    limits = {"free": IngestLimit(per_minute=10, per_day=25), "pro": IngestLimit(10**6, 10**6)}
    opened = await open_door(door_url(databases.control_url), door_url(databases.telemetry_url), limits=limits)
    yield opened
    await opened.close()


async def test_a_rate_a_minute_and_a_number_a_day_with_the_seconds_to_wait(narrow: IngestDoor, install_id: str) -> None:
    install, now = _install(install_id, "free"), NOW
    await narrow.ingest(install, [_event(n) for n in range(8)], now=now)
    with pytest.raises(LimitReached) as minute:
        await narrow.ingest(install, [_event(n) for n in range(8, 16)], now=now)
    assert (minute.value.code, minute.value.retry_after) == ("event_rate_reached", 36)
    now += timedelta(seconds=36)
    await narrow.ingest(install, [_event(n) for n in range(8, 16)], now=now)
    now += timedelta(minutes=2)
    await narrow.ingest(install, [_event(n) for n in range(16, 24)], now=now)
    now += timedelta(minutes=2)
    with pytest.raises(LimitReached) as day:
        await narrow.ingest(install, [_event(n) for n in range(24, 27)], now=now)
    assert (day.value.code, day.value.retry_after) == ("daily_events_reached", 12 * 3600 - 276)
    assert narrow.standing(install, now).remaining == 1
    # The others are not held up, and the next day is a new one.
    await narrow.ingest(_install(f"{install_id}-other", "free"), [_event(1)], now=now)
    await narrow.ingest(install, [_event(n) for n in range(24, 27)], now=now + timedelta(hours=12))


async def test_a_second_process_knows_what_the_first_one_took(
    narrow: IngestDoor, databases: Databases, install_id: str
) -> None:
    for n in range(3):
        batch = [_event(n * 8 + m) for m in range(8)]
        await narrow.ingest(_install(install_id, "free"), batch, now=NOW + n * timedelta(minutes=1))
    limits = {"free": IngestLimit(per_minute=10, per_day=25)}
    second = await open_door(door_url(databases.control_url), door_url(databases.telemetry_url), limits=limits)
    with pytest.raises(LimitReached):
        await second.ingest(_install(install_id, "free"), [_event(100), _event(101)], now=NOW + timedelta(minutes=5))
    await second.close()


async def test_overlapping_batches_from_several_processes_neither_deadlock_nor_lose(
    databases: Databases, install_id: str
) -> None:
    draw = random.Random(7)  # noqa: S311 - a fixed shuffle
    events = [
        _event(n, ts=(NOW - timedelta(minutes=37 * n)).isoformat(), user=f"u{n % 5}", feature=f"f{n % 7}")
        for n in range(120)
    ]
    ids = [f"{install_id}-{n}" for n in range(3)]
    doors = [
        await open_door(door_url(databases.control_url), door_url(databases.telemetry_url), limits=NO_LIMITS)
        for _ in range(4)
    ]
    before = _deadlocks(databases)

    async def sender(door: IngestDoor) -> int:
        accepted = 0
        for _ in range(25):
            batch = draw.sample(events, 30)
            accepted += (await door.ingest(_install(draw.choice(ids)), batch, now=NOW)).accepted
        return accepted

    accepted = await asyncio.gather(*(sender(door) for door in doors for _ in range(3)))
    finals = [await doors[0].ingest(_install(one), events, now=NOW) for one in ids]
    for door in doors:
        await door.close()
    assert sum(accepted) + sum(receipt.accepted for receipt in finals) == 3 * len(events)
    expected = recounted_roll_ups(check(events, now=NOW, retention_days=395).rows)
    with databases.telemetry.read(SYSTEM) as session:
        for one in ids:
            assert kept_roll_ups(session, one) == expected
    assert _deadlocks(databases) == before


def _deadlocks(databases: Databases) -> int:
    with databases.telemetry.read(SYSTEM) as session:
        found = session.execute(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
        return int(found.scalar_one())


async def test_a_partition_that_was_dropped_is_made_anew(
    door: IngestDoor, fresh_database: str, install_id: str
) -> None:
    at = NOW - timedelta(days=300)
    install = _install(install_id)
    await door.ingest(install, [_event(1, ts=at.isoformat())], now=NOW)
    with psycopg.connect(fresh_database) as owner:
        owner.execute(f"DROP TABLE event_{at:%Y%m%d}")
    assert (await door.ingest(install, [_event(2, ts=at.isoformat())], now=NOW)).accepted == 1


async def test_a_batch_outlives_its_connections(
    door: IngestDoor, fresh_database: str, install_id: str, databases: Databases
) -> None:
    install = _install(install_id)
    await door.ingest(install, [_event(0)], now=NOW)
    sending = [asyncio.create_task(_trickle(door, install, start)) for start in range(1, 200, 50)]
    async with await psycopg.AsyncConnection.connect(fresh_database, autocommit=True) as owner:
        for _ in range(3):
            await asyncio.sleep(0.05)
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'calos ingest' AND datname = current_database()"
            )
    await asyncio.gather(*sending)
    with databases.telemetry.read(SYSTEM) as session:
        hours = kept_roll_ups(session, install_id)["hour_rollup"]
    assert sum(hour[1] for hour in hours) == 201


async def _trickle(door: IngestDoor, install: Install, start: int) -> None:
    for number in range(start, start + 50):
        await door.ingest(install, [_event(number)], now=NOW)
        await asyncio.sleep(0.002)


async def test_one_install_that_cannot_be_written_fails_alone(
    databases: Databases, install_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    urls = door_url(databases.control_url), door_url(databases.telemetry_url)
    door = await open_door(*urls, limits=NO_LIMITS, retention_days=9_000)
    ancient = _event(1, ts=(NOW - timedelta(days=8_000)).isoformat())  # beyond what partitions are made for
    installs_ = [_install(f"{install_id}-{n}") for n in range(6)]
    sent = [door.ingest(one, [ancient if n == 2 else _event(1)], now=NOW) for n, one in enumerate(installs_)]
    done = await asyncio.gather(*sent, return_exceptions=True)
    await door.close()
    assert [isinstance(one, Receipt) for one in done] == [n != 2 for n in range(6)]
    assert isinstance(done[2], psycopg.DataError)


async def test_a_database_out_of_reach_is_told_as_such(databases: Databases, install_id: str) -> None:
    door = await open_door(door_url(databases.control_url), door_url(databases.telemetry_url), limits=NO_LIMITS)
    await door.ingest(_install(install_id), [_event(1)], now=NOW)
    await door.close()
    with pytest.raises(UpstreamFailed, match="Send"):
        await door.ingest(_install(install_id), [_event(2)], now=NOW)
    with pytest.raises(UpstreamFailed, match="Send"):
        await door.ingest(replace(_install(install_id), install_id=f"{install_id}-new"), [_event(2)], now=NOW)
