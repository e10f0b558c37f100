"""Floating seats: taken, kept by heartbeats, given back, run out; and never more than there are, whoever races."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.config import Settings
from core.databases import Databases, door_url
from core.errors import Conflict, NotFound, NotPermitted, UpstreamFailed
from core.licensing import seats, writes
from core.licensing.policy import Policy, ceiling
from core.licensing.seat_door import SeatDoor, open_door
from core.licensing.seats import SeatAnswer, seat_verdict
from core.licensing.verdicts import Code, Question
from core.licensing.writes import Issued
from db.models.access import audit_entry
from db.models.licensing import seat_lease
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.licensing.states import NOW, question, state

Issue = Callable[..., Issued]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
async def seat_door(databases: Databases, test_settings: Settings) -> AsyncIterator[SeatDoor]:
    opened = await open_door(door_url(databases.control_url))
    yield opened
    await opened.close()


async def take(door: SeatDoor, issued: Issued, holder: str, now: datetime, **asked: Any) -> SeatAnswer:
    answer = await door.take(Question(issued.install_id, **asked), holder, issued.install_secret, now=now)
    assert answer is not None
    return answer


def live(databases: Databases, cast: Cast, issued: Issued, now: datetime) -> list[str]:
    with databases.control.read(SYSTEM) as session:
        return [one.holder for one in seats.seats(session, cast.vera, issued.install_id, now=now).leases]


async def test_seats_are_taken_until_there_are_none_and_given_back(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_seats=2))
    first = await take(seat_door, made, "ada", now)
    assert (first.granted, first.code, first.seats_in_use, first.max_seats) == (True, "VALID", 1, 2)
    assert (first.expires_at, first.heartbeat_seconds) == (now + 10 * MINUTE, 200)
    assert (await take(seat_door, made, "bob", now)).granted
    full = await take(seat_door, made, "cleo", now)
    assert (full.granted, full.code, full.expires_at, full.seats_in_use) == (False, "TOO_MANY_SEATS", None, 2)
    assert full.detail == "All seats of this license are taken (2). Free one, or ask for more."
    assert await seat_door.release(made.install_id, "ada", made.install_secret, now=now) is True
    assert await seat_door.release(made.install_id, "ada", made.install_secret, now=now) is False
    assert (await take(seat_door, made, "cleo", now)).granted
    assert live(databases, cast, made, now) == ["bob", "cleo"]


async def test_a_heartbeat_keeps_a_seat_and_silence_frees_it(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_seats=1, seat_heartbeat_seconds=60))
    await take(seat_door, made, "ada", now)
    kept = await take(seat_door, made, "ada", now + 59 * SECOND)
    assert (kept.granted, kept.expires_at, kept.seats_in_use) == (True, now + 119 * SECOND, 1)
    assert not (await take(seat_door, made, "bob", now + 118 * SECOND)).granted
    assert (await take(seat_door, made, "bob", now + 119 * SECOND)).granted
    # Whoever was silent for too long is one of many who want a seat.
    assert not (await take(seat_door, made, "ada", now + 120 * SECOND)).granted
    assert live(databases, cast, made, now + 120 * SECOND) == ["bob"]
    again = await take(seat_door, made, "ada", now + 179 * SECOND)
    assert again.granted
    with databases.control.read(SYSTEM) as session:
        [lease] = seats.seats(session, cast.vera, made.install_id, now=now + 179 * SECOND).leases
    assert (lease.holder, lease.taken_at) == ("ada", now + 179 * SECOND)


async def test_a_clock_that_lags_keeps_no_seat_alive(seat_door: SeatDoor, issued: Issue, now: datetime) -> None:
    made = issued(policy=Policy(max_seats=1, seat_heartbeat_seconds=60))
    await take(seat_door, made, "ada", now)
    assert (await take(seat_door, made, "bob", now + 60 * SECOND)).granted
    # A process whose clock is two seconds behind: by it, Ada's lease has not run out.
    assert not (await take(seat_door, made, "ada", now + 58 * SECOND)).granted


@pytest.mark.parametrize(("overage", "most"), [("deny", 4), ("1.25x", 5), ("1.5x", 6), ("2x", 8), ("allow", 12)])
async def test_many_at_once_on_two_doors_never_take_more_than_there_are(
    seat_door: SeatDoor,
    issued: Issue,
    databases: Databases,
    cast: Cast,
    now: datetime,
    overage: Any,
    most: int,
) -> None:
    made = issued(policy=Policy(max_seats=4, overage=overage))
    second = await open_door(door_url(databases.control_url))
    try:
        asked = [take([seat_door, second][n % 2], made, f"user-{n}", now) for n in range(12)]
        answers = await asyncio.gather(*asked)
    finally:
        await second.close()
    assert sum(one.granted for one in answers) == most
    assert len(live(databases, cast, made, now)) == most
    assert sum(one.granted and one.code == "VALID" for one in answers) == 4
    assert max(one.seats_in_use or 0 for one in answers) == most


async def test_the_same_holder_at_once_sits_on_one_seat(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_seats=1))
    answers = await asyncio.gather(*[take(seat_door, made, "ada", now) for _ in range(8)])
    assert all(one.granted and one.seats_in_use == 1 for one in answers)
    assert live(databases, cast, made, now) == ["ada"]


async def test_fewer_seats_turn_only_newcomers_away(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_seats=3))
    for name in ("ada", "bob", "cleo"):
        await take(seat_door, made, name, now)
    with databases.control.write(SYSTEM) as session:
        writes.update_policy(session, cast.sam, made.install_id, {"max_seats": 2}, now=now)
    kept = await take(seat_door, made, "ada", now + MINUTE)
    assert (kept.granted, kept.code, kept.seats_in_use, kept.max_seats) == (True, "TOO_MANY_SEATS", 3, 2)
    assert (await take(seat_door, made, "dora", now + MINUTE)).code == "TOO_MANY_SEATS"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (writes.revoke, "REVOKED"),
        (writes.suspend, "SUSPENDED"),
    ],
)
async def test_no_seat_of_a_license_that_is_stopped(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime, act: Any, code: str
) -> None:
    made = issued(policy=Policy(max_seats=2))
    await take(seat_door, made, "ada", now)
    with databases.control.write(SYSTEM) as session:
        act(session, cast.adam, made.install_id, reason="because", now=now)
    for holder in ("ada", "bob"):
        refused = await take(seat_door, made, holder, now + SECOND)
        assert (refused.granted, refused.code) == (False, code)
    assert await seat_door.release(made.install_id, "ada", made.install_secret, now=now) is True


async def test_seats_follow_the_other_rules_of_the_license(seat_door: SeatDoor, issued: Issue, now: datetime) -> None:
    over = issued(expires_at=now + MINUTE)
    assert (await take(seat_door, over, "ada", now + MINUTE)).code == "EXPIRED"
    goes_on = issued(expires_at=now + MINUTE, policy=Policy(expiry_strategy="maintain"))
    late = await take(seat_door, goes_on, "ada", now + MINUTE)
    assert (late.granted, late.code) == (True, "EXPIRED")
    later = issued(starts_at=now + MINUTE)
    assert (await take(seat_door, later, "ada", now)).code == "NOT_STARTED"
    silent = issued(policy=Policy(check_in_days=1))
    assert (await take(seat_door, silent, "ada", now + timedelta(days=2))).code == "OVERDUE"
    bound = issued(policy=Policy(fingerprint_required=True))
    assert (await take(seat_door, bound, "ada", now)).code == "FINGERPRINT_MISMATCH"
    assert (await take(seat_door, bound, "ada", now, fingerprint="new")).code == "FINGERPRINT_MISMATCH"
    unlimited = await take(seat_door, issued(), "ada", now)
    assert (unlimited.granted, unlimited.max_seats, unlimited.seats_in_use) == (True, None, 1)


async def test_who_does_not_prove_the_secret_gets_and_changes_nothing(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_seats=1))
    await take(seat_door, made, "ada", now)
    assert await seat_door.take(Question(made.install_id), "bob", "cis_wrong", now=now) is None
    assert await seat_door.release(made.install_id, "ada", "cis_wrong", now=now) is None
    assert live(databases, cast, made, now) == ["ada"]
    nobody = await seat_door.take(Question("inst-nobody"), "ada", made.install_secret, now=now)
    assert nobody is not None
    assert (nobody.granted, nobody.code) == (False, "NOT_FOUND")
    assert await seat_door.release("inst-nobody", "ada", made.install_secret, now=now) is False


async def test_leases_that_ran_out_are_culled_and_others_left(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(seat_heartbeat_seconds=60))
    await take(seat_door, made, "ada", now)
    await take(seat_door, made, "bob", now + SECOND)
    with databases.control.write(SYSTEM) as session:
        seats.cull(session, now=now + 60 * SECOND)
    with databases.control.read(SYSTEM) as session:
        mine = select(seat_lease.c.holder).where(seat_lease.c.license_id == made.license_id)
        assert list(session.execute(mine).scalars()) == ["bob"]


async def test_staff_take_a_seat_away_with_a_reason(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_seats=1))
    await take(seat_door, made, "ada", now)
    for actor in (cast.mia, cast.vera, cast.otto):
        with databases.control.write(SYSTEM) as session, pytest.raises(NotPermitted):
            seats.release_seat(session, actor, made.install_id, "ada", reason="gone", now=now)
    with databases.control.write(SYSTEM) as session:
        seats.release_seat(session, cast.sam, made.install_id, "ada", reason="she left", now=now)
        with pytest.raises(NotFound, match="ada"):
            seats.release_seat(session, cast.sam, made.install_id, "ada", reason="she left", now=now)
        entry = session.execute(
            select(audit_entry).where(
                audit_entry.c.target_id == made.install_id, audit_entry.c.action == "license.seat_released"
            )
        ).one()
    assert (entry.reason, entry.before["holder"]) == ("she left", "ada")
    assert live(databases, cast, made, now) == []
    with databases.control.write(SYSTEM) as session:
        writes.revoke(session, cast.adam, made.install_id, reason="x", now=now)
        with pytest.raises(Conflict, match="Reinstate"):
            seats.release_seat(session, cast.sam, made.install_id, "ada", reason="she left", now=now)


async def test_a_customer_sees_its_own_seats_alone(
    seat_door: SeatDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued()
    await take(seat_door, made, "ada", now)
    with databases.control.read(SYSTEM) as session:
        with pytest.raises(NotFound):
            seats.seats(session, cast.otto, made.install_id, now=now)
        session.connection.exec_driver_sql("SET TRANSACTION READ ONLY; " + cast.otto.tenancy().statement())
        assert session.execute(select(seat_lease.c.holder)).all() == []


async def test_a_database_that_is_gone_is_said_in_a_sentence(
    seat_door: SeatDoor, issued: Issue, databases: Databases, now: datetime
) -> None:
    made = issued()
    await take(seat_door, made, "ada", now)
    with psycopg.connect(databases.control_url, autocommit=True) as owner:
        ours = "application_name = 'calos-seats' AND datname = current_database()"
        owner.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")
    # The pool notices by itself; nothing of the failure is seen.
    assert (await take(seat_door, made, "ada", now)).granted
    with pytest.raises(UpstreamFailed):
        await open_door("postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1")


@given(
    most=st.none() | st.integers(1, 50),
    overage=st.sampled_from(["deny", "1.25x", "1.5x", "2x", "allow"]),
    taken=st.integers(0, 120),
    holds=st.booleans(),
)
def test_a_seat_is_granted_up_to_the_ceiling_and_kept_beyond_it(
    most: int | None, overage: str, taken: int, holds: bool
) -> None:
    verdict = seat_verdict(state(max_seats=most, overage=overage), question(), taken, holds=holds, now=NOW)
    highest = None if most is None else ceiling(most, overage)
    assert verdict.valid == (holds or highest is None or taken < highest)
    assert verdict.code in {Code.VALID, Code.TOO_MANY_SEATS}
