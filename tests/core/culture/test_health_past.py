"""Health of earlier days survives a change of weights, is compared by one ruler, and stands still over a weekend."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.culture.health import Health, Reading, judge
from core.culture.health_past import PastHealth, judged_today, kept, past, rejudged, silenced, with_change
from core.culture.health_rules import RULES, USE_RULES, VERSIONS, WEIGHTS_VERSION
from core.culture.reads import health_history
from core.culture.vital_signs import judge_health
from core.culture.writes import recompute, rejudge_history
from core.databases import Databases
from db.models.culture import health_day
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.core.culture.conftest import MakeCustomer, Send, office_events
from tests.core.culture.world import NOW, Office, account, picture_of

DAY = date(2026, 11, 14)
OLD = next(each for each in VERSIONS if each.version == "1")


def _health(missing: frozenset[str] = frozenset(), capped: tuple[str, ...] = (), **values: float) -> Health:
    readings = {
        rule.id: Reading(None, "not measured")
        if rule.id in missing
        else Reading(values.get(rule.id, rule.knots[-1][0]), "measured")
        for rule in RULES
    }
    return judge(readings, capped)


def _as_version_1(health: Health) -> PastHealth:
    """Return what the first version would have kept of a day: points alone, and nothing of tickets."""
    points = {
        part.id: round(part.points * 100 * OLD.weights[part.id] / part.weight)
        for part in health.parts
        if part.id in OLD.weights
    }
    return PastHealth(DAY, "1", points, health.missing())


def test_every_version_of_the_weights_makes_a_hundred() -> None:
    assert [sum(each.weights.values()) for each in VERSIONS] == [100] * len(VERSIONS)
    assert VERSIONS[-1].version == WEIGHTS_VERSION
    assert VERSIONS[-1].weights == {rule.id: rule.weight for rule in RULES}
    assert len({each.version for each in VERSIONS}) == len(VERSIONS)


def test_what_is_kept_of_a_day_makes_the_same_health_again() -> None:
    health = _health(frozenset({"payments"}), ("payment_failed",), errors=0.01, breadth=0.4)
    again = judged_today(past(DAY, WEIGHTS_VERSION, kept(health)))
    assert (again.score, again.low, again.high) == (health.score, health.low, health.high)
    assert again.contributions() == health.contributions()


def test_a_day_of_other_weights_is_judged_anew_by_the_share_each_part_earned() -> None:
    health = _health(errors=0.05, breadth=0.4, tickets=0)
    before = _as_version_1(health)
    now = judged_today(before)
    by_id = {part.id: part for part in now.parts}
    assert by_id["errors"].points == pytest.approx(0.55 * 8)
    assert by_id["tickets"].missing == "not measured then"
    assert now.high - now.low == pytest.approx(2), "tickets could have made two points"
    assert now.score is not None
    assert now.low <= now.score <= now.high


def test_a_cap_of_that_day_holds_under_other_weights_too() -> None:
    before = replace(
        _as_version_1(_health()), contributions={**_as_version_1(_health()).contributions, "cap:dormant": 0}
    )
    assert judged_today(before).score == 49


def test_changes_across_weights_compare_like_with_like_and_say_so() -> None:
    then, now = _health(errors=0.005), _health(errors=0.05)
    change = with_change(now, _as_version_1(then)).change
    assert change is not None
    assert sum(item.points for item in change.items) == change.after - change.before
    assert {item.label for item in change.items} == {"Errors", "Urgent tickets (not measured before)"}
    assert "weights 1 were in force then" in change.sentence
    same = with_change(now, past(DAY, WEIGHTS_VERSION, kept(then))).change
    assert same is not None
    assert "in force then" not in same.sentence


def test_judging_history_twice_changes_nothing_more() -> None:
    before = _as_version_1(_health(errors=0.05))
    first, parts = rejudged(before, {"version": "1", "score": 90.0})
    again, more = rejudged(past(DAY, WEIGHTS_VERSION, parts), parts["published"])
    assert again.contributions() == first.contributions()
    assert more == parts


def test_kept_history_is_rewritten_and_marks_where_the_weights_changed(
    session: WriteSession, cast: Cast, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made = customer("History")
    send(made.install_id, office_events(now, days=20))
    health = recompute(session, session, made.install_id, now=now).health
    older = _as_version_1(health)
    parts = {"points": dict(older.contributions), "missing": sorted(older.missing)}
    for back in (9, 8):
        values: dict[str, Any] = {"organization_id": made.organization_id, "low": 80, "high": 90, "score": 85}
        key = {"install_id": made.install_id, "day": now.date() - timedelta(days=back)}
        session.execute(health_day.insert().values(**key, **values, parts=parts, weights_version="1"))
    days = health_history(session, cast.vera, made.install_id, now=now)
    assert [day.weights_version for day in days] == ["1", "1", WEIGHTS_VERSION]
    assert [day.published for day in days[:2]] == [85, 85], "what was shown on that day is not lost"
    assert days[0].score == pytest.approx(judged_today(older).score)
    assert days[-1].published == days[-1].score


def test_the_job_rewrites_old_days_once(databases: Databases, cast: Cast, customer: MakeCustomer) -> None:
    older = _as_version_1(_health(errors=0.05))
    key = {"install_id": "inst-of-another-time", "day": DAY, "organization_id": cast.globex}
    parts = {"points": dict(older.contributions), "missing": []}
    with databases.control.write(SYSTEM) as writing:
        row = {**key, "low": 1, "high": 99, "score": 50, "parts": parts, "weights_version": "1"}
        writing.execute(health_day.insert().values(**row))
    try:
        assert rejudge_history(databases.control, limit=1) >= 1
        assert rejudge_history(databases.control) == 0
        with databases.control.read(SYSTEM) as reading:
            found = reading.execute(select(health_day).where(health_day.c.install_id == key["install_id"])).one()
        assert float(found.score) == judged_today(older).score
        assert found.parts["published"] == {"version": "1", "score": 50.0}
    finally:
        with databases.control.write(SYSTEM) as writing:
            writing.execute(health_day.delete().where(health_day.c.install_id == key["install_id"]))


def _quiet(days: float) -> Any:
    """Return a picture of an office whose last event was so many days ago."""
    office = Office().work(8, {"pos": 0.9, "email": 0.6}, weekdays=range(7))
    last = NOW - timedelta(days=days)
    office.rows = [row for row in office.rows if row[0] < last]
    office.event(last, "user-1", "pos")
    return picture_of(office)


def test_a_weekend_of_silence_freezes_what_use_earns_and_grays_it() -> None:
    active = judge_health(_quiet(0.5))
    assert active.silence is None
    before = past(DAY, WEIGHTS_VERSION, kept(active))
    found = judge_health(_quiet(2.5), before)
    assert found.silence is not None
    assert found.silence.frozen_on == DAY
    assert found.silence.sentence == "No event for 2 days: what use earns is held as of 14 Nov."
    then, now = active.contributions(), found.contributions()
    assert {key: now[key] for key in USE_RULES} == {key: then[key] for key in USE_RULES}


def test_the_license_is_not_frozen_with_the_use() -> None:
    before = past(DAY, WEIGHTS_VERSION, kept(judge_health(_quiet(0.5))))
    picture = _quiet(2.5)
    late = account()
    late = replace(late, commercial=replace(late.commercial, days_late=60, payment_failed=True))
    found = judge_health(replace(picture, account=late), before)
    assert found.score == 59
    assert next(part for part in found.parts if part.id == "payments").points == 0


@pytest.mark.parametrize(("days", "grayed"), [(0.9, False), (1.1, True), (5.5, True), (20, True)])
def test_beyond_five_days_silence_is_what_is_observed(days: float, grayed: bool) -> None:
    picture = _quiet(days)
    best = past(DAY, WEIGHTS_VERSION, kept(_health()))
    found = judge_health(picture, best)
    assert (found.silence is not None) is grayed
    if days > 5:
        assert found.silence is not None
        assert found.silence.frozen_on is None
        assert found.contributions() == judge_health(picture).contributions()


def test_without_a_kept_day_nothing_is_frozen_but_said() -> None:
    readings = {rule.id: Reading(rule.knots[-1][0], "measured") for rule in RULES}
    found, silence = silenced(readings, 3.0, None)
    assert found == readings
    assert silence is not None
    assert silence.frozen_on is None


def test_silence_over_a_weekend_freezes_from_what_is_stored(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    friday = now - timedelta(hours=20)
    made = customer("Closed at weekends")
    send(made.install_id, [one for one in office_events(now, days=40) if one["ts"] < friday.isoformat()])
    then = recompute(session, session, made.install_id, now=friday).health
    later = recompute(session, session, made.install_id, now=now + timedelta(days=1)).health
    assert later.silence is not None
    assert later.silence.frozen_on is not None
    points, now_points = then.contributions(), later.contributions()
    assert {key: points[key] for key in USE_RULES} == {key: now_points[key] for key in USE_RULES}


def test_a_day_kept_before_its_events_arrived_freezes_nothing(
    session: WriteSession, now: datetime, customer: MakeCustomer, send: Send
) -> None:
    made, friday = customer("Air-gapped"), now - timedelta(hours=20)
    before = recompute(session, session, made.install_id, now=friday).health
    assert before.score is None
    send(made.install_id, [one for one in office_events(now, days=40) if one["ts"] < friday.isoformat()])
    later = recompute(session, session, made.install_id, now=now + timedelta(days=1)).health
    assert later.silence is not None
    assert later.silence.frozen_on is None
    assert later.score is not None
