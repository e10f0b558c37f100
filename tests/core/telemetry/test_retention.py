"""Retention: each class goes when its time is over, a look changes nothing, and nothing that is read is lost (T6)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text

from core.culture.observing import observe
from core.databases import Databases
from core.licensing.decision_retention import forget_decisions, old_decisions
from core.licensing.writes import issue
from core.telemetry import retention
from core.telemetry.events import oldest_day
from core.telemetry.opt_out import opt_out
from core.telemetry.retention import Leaving, classes, forget, leaving, unfinished
from core.telemetry.writes import ingest
from db.models.licensing import decision
from db.models.licensing import license as licenses
from db.models.telemetry import (
    actor_rollup,
    bundle,
    event,
    feature_actor_rollup,
    ingest_quota,
    ingest_refusal,
    last_payload,
)
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.conftest import NOW
from tests.core.telemetry.test_tables import BUNDLE, PAYLOAD

SHORTEST = 31
DAY = timedelta(days=1)


def _events(days: range, people: int = 3) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{ago}-{who}",
            "ts": (NOW - ago * DAY).isoformat(),
            "type": "feature_used",
            "feature": ("pos", "email")[who % 2],
            "user": f"user-{who}",
            "version": "4.2" if ago > 20 else "4.3",
            "ua": "curl/8",
            "ms": 10 * who,
        }
        for ago in days
        for who in range(people)
    ]


def _by_class(found: tuple[Leaving, ...]) -> dict[str, int]:
    return {f"{each.id} {each.unit}": each.count for each in found if each.count}


def test_nothing_that_a_profile_reads_is_lost(session: WriteSession, databases: Databases, install_id: str) -> None:
    with databases.telemetry.write(SYSTEM) as telemetry:
        ingest(telemetry, install_id, _events(range(300)), now=NOW)
    looks = [NOW - weeks * 7 * DAY for weeks in (0, 1, 4, 8)]
    with databases.telemetry.read(SYSTEM) as telemetry:
        before = [repr(observe(telemetry, install_id, at)) for at in looks]
    with databases.telemetry.write(SYSTEM) as telemetry:
        gone = forget(session, telemetry, retention_days=SHORTEST, now=NOW)
    assert {"events days", "people rows of actor_rollup", "people rows of feature_actor_rollup"} <= set(_by_class(gone))
    with databases.telemetry.read(SYSTEM) as telemetry:
        assert [repr(observe(telemetry, install_id, at)) for at in looks] == before
        people = select(func.min(actor_rollup.c.day)).where(actor_rollup.c.install_id == install_id)
        assert telemetry.execute(people).scalar_one() == oldest_day(NOW, retention.PEOPLE_AT_LEAST)
        raw = select(func.min(event.c.day)).where(event.c.install_id == install_id)
        assert telemetry.execute(raw).scalar_one() == oldest_day(NOW, SHORTEST)


def test_a_look_says_what_would_go_and_changes_nothing(
    session: WriteSession, databases: Databases, install_id: str
) -> None:
    tables = (actor_rollup, feature_actor_rollup, ingest_quota, ingest_refusal, last_payload, bundle)
    old = NOW - 450 * DAY
    with databases.telemetry.write(SYSTEM) as telemetry:
        forget(session, telemetry, retention_days=395, now=NOW)
    with databases.telemetry.write(SYSTEM) as telemetry:
        # Told when it was new: events, who, how it arrived, and a refusal.
        ingest(telemetry, install_id, [{**_events(range(1), 1)[0], "ts": old.isoformat()}, "none"], now=old)
        telemetry.execute(insert(last_payload).values(install_id=install_id, **{**PAYLOAD, "received_at": old}))
        telemetry.execute(insert(bundle).values(install_id=install_id, **{**BUNDLE, "received_at": old}))

    def kept() -> list[int]:
        with databases.telemetry.read(SYSTEM) as plane:
            mine = [select(func.count()).select_from(t).where(t.c.install_id == install_id) for t in tables]
            return [plane.execute(each).scalar_one() for each in mine]

    with databases.telemetry.read(SYSTEM) as plane:
        looked = leaving(session, plane, retention_days=395, now=NOW)
    assert kept() == [1] * len(tables)
    assert _by_class(looked) == {"events days": 1, **{f"{_class(t.name)} rows of {t.name}": 1 for t in tables}}
    with databases.telemetry.write(SYSTEM) as telemetry:
        assert forget(session, telemetry, retention_days=395, now=NOW) == looked
    assert kept() == [0] * len(tables)
    with databases.telemetry.write(SYSTEM) as telemetry:
        assert _by_class(forget(session, telemetry, retention_days=395, now=NOW)) == {}


def _class(table: str) -> str:
    return {
        "actor_rollup": "people",
        "feature_actor_rollup": "people",
        "last_payload": "payload",
        "bundle": "bundles",
        "ingest_quota": "arrivals",
        "ingest_refusal": "arrivals",
    }[table]


def test_a_table_with_much_to_go_is_cleared_in_steps(
    session: WriteSession, databases: Databases, install_id: str
) -> None:
    with databases.telemetry.write(SYSTEM) as telemetry:
        ingest(telemetry, install_id, _events(range(200, 205), 4), now=NOW)
        steps: list[tuple[Leaving, ...]] = []
        while not steps or unfinished(steps[-1], 7):
            steps.append(forget(session, telemetry, retention_days=SHORTEST, now=NOW, most=7))
    gone = [_by_class(step).get("people rows of actor_rollup", 0) for step in steps]
    assert sum(gone) >= 20
    assert max(gone) == 7


def test_what_slipped_in_after_an_opt_out_goes_too(
    session: WriteSession, databases: Databases, cast: Cast, now: datetime
) -> None:
    issued = _issue(session, cast, now)
    opt_out(session, cast.fiona, issued, reason="Asked by mail.", now=now)
    with databases.telemetry.write(SYSTEM) as telemetry:
        ingest(telemetry, issued, _events(range(3)), now=NOW)
        assert _by_class(leaving(session, telemetry, retention_days=395, now=NOW))["choice rows"] >= 9
        forget(session, telemetry, retention_days=395, now=NOW)
        mine = select(func.count()).select_from(event).where(event.c.install_id == issued)
        assert telemetry.execute(mine).scalar_one() == 0
        # Counts without persons stay.
        hours = text("SELECT sum(events) FROM hour_rollup WHERE install_id = :i")
        assert telemetry.execute(hours, {"i": issued}).scalar_one() >= 9


def _issue(session: WriteSession, cast: Cast, now: datetime) -> str:
    return issue(session, cast.system, cast.globex, "free", term="free", now=now).install_id


def test_old_answers_go_but_the_standing_one_of_each_question(session: WriteSession, cast: Cast, now: datetime) -> None:
    install_id = _issue(session, cast, now)
    license_id = session.execute(select(licenses.c.id).where(licenses.c.install_id == install_id)).scalar_one()

    def answered(question: bytes, days_ago: int) -> int:
        at = now - days_ago * DAY
        row = insert(decision).values(
            license_id=license_id,
            organization_id=cast.globex,
            at=at,
            last_at=at,
            valid=True,
            code="VALID",
            question={},
            question_digest=question,
            state={},
            state_version=1,
        )
        return int(session.execute(row.returning(decision.c.id)).scalar_one())

    oldest, followed, standing = answered(b"a", 900), answered(b"a", 800), answered(b"a", 790)
    alone, fresh = answered(b"b", 1_000), answered(b"a", 10)
    before = now - 730 * DAY
    assert old_decisions(session, before) == 3
    assert forget_decisions(session, before, most=2) == 2
    mine = select(decision.c.id).where(decision.c.license_id == license_id).order_by(decision.c.id)
    assert session.execute(mine).scalars().all() == [standing, alone, fresh]
    assert forget_decisions(session, before, most=2) == 1
    assert session.execute(mine).scalars().all() == [alone, fresh]
    assert oldest < followed


@pytest.mark.parametrize("days", [31, 395, 3_650])
def test_every_class_says_what_it_holds_and_people_outlive_no_raw_event_but_for_what_is_read(days: int) -> None:
    found = {each.id: each for each in classes(days)}
    assert found["events"].days == days
    assert found["people"].days == max(days, 120)
    assert all(each.holds and each.ends for each in found.values())
