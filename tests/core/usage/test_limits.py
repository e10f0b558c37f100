"""Limits agreed with one license: who may, what holds when, and that everybody who reads limits reads the same."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.access.actor import Actor
from core.culture.computing import compute
from core.databases import Databases, door_url
from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.licensing.door import open_door
from core.licensing.verdicts import Question
from core.licensing.writes import issue
from core.organizations.writes import create_organization
from core.telemetry.writes import ingest
from core.usage.limits import Limit
from core.usage.reads import limits_of, overrides
from core.usage.writes import OverrideRequest, add_override, end_override
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.core.usage.conftest import MakeLicense

DAY = timedelta(days=1)


def found(session: WriteSession, actor: Actor, install_id: str, now: datetime) -> dict[str, Limit]:
    return {limit.meter: limit for limit in limits_of(session, actor, install_id, now=now)}


def test_an_override_holds_from_now_until_its_end(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    asked = OverrideRequest(held.install_id, "api_calls_day", 25_000, "campaign", now + 3 * DAY)
    add_override(session, cast.adam, asked, now=now)
    limit = found(session, cast.vera, held.install_id, now)["api_calls_day"]
    assert (limit.highest, limit.source, limit.ends_at) == (25_000, "override", now + 3 * DAY)
    for at in (now - timedelta(seconds=1), now + 3 * DAY):
        assert found(session, cast.vera, held.install_id, at)["api_calls_day"] == Limit("api_calls_day", 10_000)


def test_unlimited_is_a_value_and_seats_give_way(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    session.execute(text("UPDATE license SET max_seats = 7 WHERE id = :id"), {"id": held.id})
    assert found(session, cast.vera, held.install_id, now)["members"] == Limit("members", 7, "seats")
    add_override(session, cast.fiona, OverrideRequest(held.install_id, "members", None, "flat rate"), now=now)
    limit = found(session, cast.vera, held.install_id, now)["members"]
    assert (limit.highest, limit.source) == (None, "override")


def test_one_at_a_time_and_ending_gives_the_tiers_back(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    asked = OverrideRequest(held.install_id, "projects", 9, "migration")
    add_override(session, cast.adam, asked, now=now - DAY)
    with pytest.raises(Conflict):
        add_override(session, cast.adam, asked, now=now)
    end_override(session, cast.adam, held.install_id, "projects", reason="done", now=now)
    assert found(session, cast.vera, held.install_id, now)["projects"].highest == 5
    assert overrides(session, cast.vera, now=now, install_id=held.install_id) == ()
    assert [one.ends_at for one in overrides(session, cast.vera, now=now, ended=True, install_id=held.install_id)] == [
        now
    ]
    with pytest.raises(NotFound):
        end_override(session, cast.adam, held.install_id, "projects", reason="again", now=now)
    again = add_override(session, cast.adam, asked, now=now)
    assert again.in_force(now)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"meter": "moon"}, "meter"),
        ({"highest": -1}, "highest"),
        ({"reason": " "}, "reason"),
        ({"ends_at": datetime.fromisoformat("2026-11-21T12:00:00+00:00")}, "endsAt"),
    ],
)
def test_what_cannot_be_agreed_is_refused_by_its_field(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime, changed: dict[str, object], field: str
) -> None:
    asked = {"install_id": licensed().install_id, "meter": "projects", "highest": 9, "reason": "why", **changed}
    with pytest.raises(InvalidInput) as refused:
        add_override(session, cast.adam, OverrideRequest(**asked), now=now)  # type: ignore[arg-type]  # on purpose
    assert refused.value.field == field


def test_only_who_manages_limits_may_and_never_a_customer(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    asked = OverrideRequest(held.install_id, "projects", 9, "why")
    for actor in (cast.sam, cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            add_override(session, actor, asked, now=now)
        with pytest.raises(NotPermitted):
            end_override(session, actor, held.install_id, "projects", reason="why", now=now)


def test_a_change_is_audited_with_its_reason(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    add_override(session, cast.adam, OverrideRequest(held.install_id, "projects", 9, "campaign"), now=now)
    row = session.execute(
        text("SELECT action, reason, after, organization_id FROM audit_entry WHERE target_id = :id ORDER BY at DESC"),
        {"id": held.install_id},
    ).first()
    assert row is not None
    assert (row.action, row.reason, row.organization_id) == ("limit.overridden", "campaign", held.organization_id)
    assert row.after == {"meter": "projects", "highest": 9, "ends_at": None}


def test_a_customer_reads_its_own_without_what_staff_wrote(session: WriteSession, cast: Cast, now: datetime) -> None:
    held = issue(session, cast.system, cast.globex, "pro", now=now - DAY, term="paid", billing_period="monthly")
    asked = OverrideRequest(held.install_id, "projects", 99, "they threatened to leave")
    add_override(session, cast.adam, asked, now=now)
    seen = overrides(session, cast.otto, now=now)
    assert [(one.highest, one.reason, one.by) for one in seen] == [(99, "", "")]


def test_culture_judges_by_the_limit_in_force(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    add_override(session, cast.adam, OverrideRequest(held.install_id, "api_calls_day", 77, "why"), now=now)
    used = {row.meter: row for row in compute(session, session, cast.system, held, now=now).usage}
    assert (used["api_calls_day"].highest, used["api_calls_day"].source) == (77, "override")


async def test_verification_tells_the_limits_in_force(
    databases: Databases, cast: Cast, now: datetime, tmp_path: Path
) -> None:
    with databases.control.write(SYSTEM) as session:
        owner = create_organization(session, cast.system, "Verified Overrides", now=now)
        issued = issue(session, cast.system, owner, "basic", now=now - DAY, term="paid", billing_period="monthly")
        asked = OverrideRequest(issued.install_id, "projects", None, "why")
        add_override(session, cast.adam, asked, now=now - timedelta(hours=1))
    door = await open_door(door_url(databases.control_url), tmp_path)
    try:
        answered = await door.verify(Question(issued.install_id, authenticated=True), issued.install_secret, now=now)
    finally:
        await door.close()
    assert answered is not None
    limits = json.loads(answered)["limits"]
    assert limits["projects"] is None
    assert limits["api_calls_day"] == 10_000


def test_seats_agreed_stand_in_place_of_those_sold(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    day = now - DAY
    events = [
        {"id": f"u{person}", "ts": (day - timedelta(minutes=person)).isoformat(), "type": "login", "user": f"u{person}"}
        for person in range(10)
    ]
    ingest(session, held.install_id, events, now=now)

    def seats() -> str:
        made = compute(session, session, cast.system, held, now=now)
        return next(part.shown for part in made.health.parts if part.id == "seats")

    assert seats() == "10 of 10 members allowed"
    add_override(session, cast.adam, OverrideRequest(held.install_id, "members", 25, "growing"), now=now - DAY)
    assert seats() == "10 of 25 seats sold"
    end_override(session, cast.adam, held.install_id, "members", reason="flat", now=now - timedelta(hours=2))
    add_override(
        session, cast.adam, OverrideRequest(held.install_id, "members", None, "flat"), now=now - timedelta(hours=1)
    )
    assert seats() == "members are unlimited"
