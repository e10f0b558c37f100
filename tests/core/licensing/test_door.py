"""The verify door on a real database: grouped reads, activations, revocation, check-ins, the decision log."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import select, update

from core import signing
from core.config import Settings
from core.databases import Databases
from core.errors import NotFound, UpstreamFailed
from core.licensing import writes
from core.licensing.decisions import Decision, decisions, replay
from core.licensing.door import VerifyDoor, open_door
from core.licensing.policy import Policy
from core.licensing.reads import installations, license_by_install
from core.licensing.verdicts import Question
from core.licensing.writes import Issued
from db.models.announce import outbox
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.licensing.as_client import holds

Issue = Callable[..., Issued]
HOUR = timedelta(hours=1)


async def ask(door: VerifyDoor, issued: Issued, now: datetime, *, secret: bool = True, **given: Any) -> dict[str, Any]:
    question = Question(issued.install_id, authenticated=secret, **given)
    answer = await door.verify(question, issued.install_secret if secret else None, now=now)
    assert answer is not None
    return dict(json.loads(answer))


def log_of(databases: Databases, cast: Cast, issued: Issued, now: datetime) -> list[Decision]:
    with databases.control.read(SYSTEM) as session:
        return list(reversed(decisions(session, cast.fiona, issued.install_id, now=now)))


def fingerprints(databases: Databases, cast: Cast, issued: Issued, now: datetime) -> list[str]:
    with databases.control.read(SYSTEM) as session:
        return sorted(one.fingerprint for one in installations(session, cast.fiona, issued.install_id, now=now))


async def test_the_answer_is_signed_and_echoes_the_nonce(
    door: VerifyDoor, issued: Issue, test_settings: Settings, now: datetime
) -> None:
    full = await ask(door, issued(), now)
    bare = await ask(door, issued(), now, secret=False)
    assert full["license"].keys() == bare["license"].keys()
    answer = await ask(door, issued(), now, nonce="né-1")
    keys = signing.key_set([signing.open_ring(test_settings.home, "answers", now=now)])
    assert holds(answer, keys)
    assert not holds({**answer, "valid": False}, keys)
    assert (answer["valid"], answer["code"], answer["nonce"]) == (True, "VALID", "né-1")
    assert answer["issuedAt"] == "2026-11-21T12:00:00.000Z"
    assert answer["checkAgainAt"] == "2026-11-22T12:00:00.000Z"
    assert answer["license"]["tier"] == "pro"
    assert answer["license"]["status"] == "active"
    assert "chatbot" in answer["entitlements"]
    assert answer["limits"]["api_calls_day"] == 100_000


async def test_the_install_id_alone_gets_the_verdict_and_changes_nothing(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued()
    answer = await ask(door, made, now, secret=False, fingerprint="f")
    assert (answer["valid"], answer["code"]) == (True, "VALID")
    assert (answer["entitlements"], answer["limits"]) == (None, None)
    told = {name: value for name, value in answer["license"].items() if value is not None}
    assert told == {"installId": made.install_id, "fingerprint": "f"}
    with databases.control.read(SYSTEM) as session:
        found = license_by_install(session, cast.fiona, made.install_id, now=now)
    assert (found.first_verified_at, found.last_check_in_at) == (None, None)
    assert fingerprints(databases, cast, made, now) == []


async def test_what_a_license_grants_is_told_as_it_stands(
    door: VerifyDoor, issued: Issue, databases: Databases, now: datetime
) -> None:
    made, other = issued(), issued()
    for one in (made, other, made):
        told = await ask(door, one, now)
        assert (told["license"]["maxInstalls"], "extra" in told["entitlements"]) == (3, False)
    changed = update(licenses).where(licenses.c.install_id == made.install_id)
    with databases.control.write(SYSTEM) as session:
        session.execute(changed.values(max_installs=7, entitlements=["extra"]))
    told = await ask(door, made, now)
    assert (told["license"]["maxInstalls"], "extra" in told["entitlements"]) == (7, True)
    assert (await ask(door, other, now))["license"]["maxInstalls"] == 3


async def test_no_license_and_wrong_secret(door: VerifyDoor, issued: Issue, now: datetime) -> None:
    answer = json.loads(await door.verify(Question("inst-nobody", authenticated=True), "x", now=now) or b"{}")
    assert (answer["valid"], answer["code"]) == (False, "NOT_FOUND")
    assert answer["license"]["installId"] == "inst-nobody"
    made = issued()
    for wrong in ("", "x", issued().install_secret):
        assert await door.verify(Question(made.install_id, authenticated=True), wrong, now=now) is None


async def test_the_first_verification_activates_and_is_announced_once(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued()
    answers = await asyncio.gather(*(ask(door, made, now, fingerprint="f", version="1.2") for _ in range(8)))
    assert {answer["code"] for answer in answers} == {"VALID"}
    with databases.control.read(SYSTEM) as session:
        [seen] = installations(session, cast.fiona, made.install_id, now=now)
        assert (seen.fingerprint, seen.version, seen.activated_at) == ("f", "1.2", now)
        found = license_by_install(session, cast.fiona, made.install_id, now=now)
        assert (found.first_verified_at, found.last_check_in_at) == (now, now)
        told = session.execute(
            select(outbox).where(outbox.c.organization_id == found.organization_id).order_by(outbox.c.id)
        ).all()
    assert [(row.type, row.data["kind"]) for row in told] == [
        ("activity:new", "license.issued"),
        ("activity:new", "license.first_verified"),
    ]
    assert told[1].data["installId"] == made.install_id
    assert told[1].data["customerName"] == "Hooli"


async def test_thirty_parallel_activations_against_a_limit_of_three(
    door: VerifyDoor, second_door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_installs=3))
    answers = await asyncio.gather(
        *(ask((door, second_door)[number % 2], made, now, fingerprint=f"f{number}") for number in range(30))
    )
    codes = sorted(answer["code"] for answer in answers)
    assert codes == ["TOO_MANY_INSTALLS"] * 27 + ["VALID"] * 3
    assert all(answer["valid"] is (answer["code"] == "VALID") for answer in answers)
    assert len(fingerprints(databases, cast, made, now)) == 3
    again = await asyncio.gather(*(ask(door, made, now, fingerprint=f"f{number}") for number in range(30)))
    assert [one["code"] for one in again] == [one["code"] for one in answers]


async def test_any_fingerprint_is_taken_as_it_is(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(tier="enterprise")
    odd = ['a"b', "back\\slash", "NULL", "{x,y}", "comma, space", "line\nend", "ünï", "'; --", "\\"]
    for fingerprint in [*odd, *odd]:
        assert (await ask(door, made, now, fingerprint=fingerprint))["code"] == "VALID"
    assert fingerprints(databases, cast, made, now) == sorted(odd)


async def test_overage_lets_activations_pass_and_says_so(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(max_installs=1, overage="allow"))
    assert (await ask(door, made, now))["code"] == "VALID"
    beyond = await ask(door, made, now, fingerprint="f")
    assert (beyond["valid"], beyond["code"]) == (True, "TOO_MANY_INSTALLS")
    assert fingerprints(databases, cast, made, now) == ["", "f"]


async def test_a_refused_installation_is_not_activated(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(domains=("hooli.example",)))
    assert (await ask(door, made, now, fingerprint="f", domain="evil.example"))["code"] == "DOMAIN_NOT_ALLOWED"
    assert fingerprints(databases, cast, made, now) == []


async def test_after_a_revocation_nobody_is_told_valid(
    door: VerifyDoor, second_door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued()
    await ask(door, made, now)
    heard: list[tuple[float, bool]] = []
    stop = asyncio.Event()

    async def hammer(one: VerifyDoor, number: int) -> None:
        given: dict[str, Any] = {"secret": bool(number % 2), "seats": number}
        while not stop.is_set():
            began = time.perf_counter()
            heard.append((began, (await ask(one, made, now, **given))["valid"]))

    def revoke() -> float:
        with databases.control.write(SYSTEM) as session:
            writes.revoke(session, cast.fiona, made.install_id, reason="test", now=now)
        return time.perf_counter()

    hammering = [asyncio.create_task(hammer((door, second_door)[n % 2], n // 2)) for n in range(12)]
    await asyncio.sleep(0.3)
    revoked = await asyncio.to_thread(revoke)
    await asyncio.sleep(0.3)
    stop.set()
    await asyncio.gather(*hammering)
    before = [valid for began, valid in heard if began < revoked]
    after = [valid for began, valid in heard if began >= revoked]
    assert sum(before) > 20
    assert len(after) > 20
    assert not any(after)


async def test_check_ins_count_and_are_written_at_the_latest_when_the_door_closes(
    databases: Databases, test_settings: Settings, issued: Issue, cast: Cast, door: VerifyDoor, now: datetime
) -> None:
    made = issued()
    minute = timedelta(minutes=1)
    await ask(door, made, now, fingerprint="f")
    await ask(door, made, now + minute, fingerprint="f", version="2.0", domain="x.example")
    await door.close()
    with databases.control.read(SYSTEM) as session:
        [seen] = installations(session, cast.fiona, made.install_id, now=now)
        found = license_by_install(session, cast.fiona, made.install_id, now=now)
    assert (seen.last_seen_at, seen.version, seen.domain) == (now + minute, "2.0", "x.example")
    assert found.last_check_in_at == now + minute


async def test_a_check_in_after_an_hour_is_written_before_it_is_answered(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(check_in_days=1))
    await ask(door, made, now)
    assert (await ask(door, made, now + 25 * HOUR, secret=False))["code"] == "OVERDUE"
    assert (await ask(door, made, now + 25 * HOUR))["code"] == "VALID"
    with databases.control.read(SYSTEM) as session:
        found = license_by_install(session, cast.fiona, made.install_id, now=now)
    assert found.last_check_in_at == now + 25 * HOUR
    assert (await ask(door, made, now + 25 * HOUR, secret=False))["code"] == "VALID"


async def test_the_log_keeps_changes_and_counts_the_rest(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(expires_at=now + 30 * 24 * HOUR)
    for minute in range(5):
        await ask(door, made, now + timedelta(minutes=minute), secret=False, nonce=str(minute))
    # Stored before the first answer was sent, not when the counts were written.
    [first] = log_of(databases, cast, made, now)
    assert (first.code, first.at) == ("VALID", now)
    with databases.control.write(SYSTEM) as session:
        writes.suspend(session, cast.fiona, made.install_id, reason="unpaid", now=now)
    for _ in range(3):
        await ask(door, made, now + HOUR, secret=False)
    with databases.control.write(SYSTEM) as session:
        writes.resume(session, cast.fiona, made.install_id, reason="paid", now=now)
    await ask(door, made, now + 2 * HOUR, secret=False)
    await ask(door, made, now + 2 * HOUR, secret=False, domain="other.example")
    await ask(door, made, now + 40 * 24 * HOUR, secret=False)
    await door.close()
    log = log_of(databases, cast, made, now)
    assert [(one.code, one.times, one.state_version, one.question.domain) for one in log] == [
        ("VALID", 5, 1, None),
        ("SUSPENDED", 3, 2, None),
        ("VALID", 1, 3, None),
        ("VALID", 1, 3, "other.example"),
        ("EXPIRED", 1, 3, None),
    ]
    assert log[0].last_at == now + timedelta(minutes=4)
    assert all(replay(one).agrees for one in log)


async def test_equal_questions_at_once_make_one_row_and_no_count_is_lost(
    door: VerifyDoor, second_door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued()
    await ask(door, made, now)
    await asyncio.gather(*(ask(door, made, now, domain="a.example", nonce=str(number)) for number in range(20)))
    await asyncio.gather(*(ask(second_door, made, now, domain="a.example") for _ in range(20)))
    await door.close()
    await second_door.close()
    counted = [(one.question.domain, one.times) for one in log_of(databases, cast, made, now)]
    assert counted == [(None, 1), ("a.example", 40)]


async def test_why_it_failed_then_is_found_and_decided_again(
    door: VerifyDoor, issued: Issue, databases: Databases, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(versions=">=2"))
    await ask(door, made, now, version="2.1")
    failed_at = now + timedelta(minutes=3)
    await ask(door, made, failed_at, version="1.9")
    with databases.control.write(SYSTEM) as session:
        writes.revoke(session, cast.fiona, made.install_id, reason="test", now=now + HOUR)
    with databases.control.read(SYSTEM) as session:
        until = failed_at + timedelta(minutes=1)
        [found] = decisions(session, cast.adam, made.install_id, now=now + HOUR, since=failed_at, until=until)
        with pytest.raises(NotFound):
            decisions(session, cast.otto, made.install_id, now=now)
    assert (found.code, found.valid, found.state.revoked_at) == ("VERSION_NOT_ALLOWED", False, None)
    again = replay(found)
    assert again.agrees
    assert "1.9" in again.verdict.detail
    other = replace(found, state=replace(found.state, versions=None))
    assert not replay(other).agrees


async def test_a_rotated_key_is_used_without_a_restart(
    door: VerifyDoor, issued: Issue, test_settings: Settings, now: datetime
) -> None:
    made = issued()
    before = await ask(door, made, now)
    ring = signing.rotate(test_settings.home, "answers", now=now)
    for _ in range(80):
        after = await ask(door, made, now)
        if after["kid"] != before["kid"]:
            break
        await asyncio.sleep(0.05)
    assert after["kid"] == ring.current.kid
    keys = signing.key_set([ring])
    assert holds(before, keys)
    assert holds(after, keys)


async def test_lost_connections_are_replaced_and_an_absent_database_is_said(
    door: VerifyDoor, issued: Issue, databases: Databases, fresh_database: str, test_settings: Settings, now: datetime
) -> None:
    made = issued()
    await ask(door, made, now)
    with psycopg.Connection[TupleRow].connect(fresh_database, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'calos-verify'")
    answers = await asyncio.gather(*(ask(door, made, now) for _ in range(5)))
    assert {answer["code"] for answer in answers} == {"VALID"}
    with pytest.raises(UpstreamFailed):
        await open_door("postgresql://nobody:none@127.0.0.1:1/none?connect_timeout=1", test_settings.home)
