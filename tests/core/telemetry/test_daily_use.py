"""Use told by the day: whatever the order and the repeats, the same days and features; and no hour, no person."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.databases import Databases
from core.ids import new_install_id
from core.telemetry import reads
from core.telemetry.daily_use import DailyUse, record_daily_use
from core.telemetry.writes import ingest
from db.session import SYSTEM
from tests.conftest import NOW

FIRST = date(2024, 12, 1)
RECORD = st.tuples(
    st.integers(0, 8),
    st.integers(0, 3),
    st.sampled_from(["pos", "email", "söme"]),
    st.integers(0, 9),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(RECORD, max_size=8), min_size=1, max_size=4))
def test_order_and_repeats_leave_no_trace(databases: Databases, batches: list[list[tuple[int, int, str, int]]]) -> None:
    given_once: dict[int, tuple[int, str, int]] = {}
    for record, day, feature, events in (row for batch in batches for row in batch):
        given_once.setdefault(record, (day, feature, events))
    install = new_install_id()
    again = [*batches, *batches[::-1]]
    with databases.telemetry.write(SYSTEM) as session:
        for batch in again:
            unique = {record: given_once[record] for record, *_ in batch}
            rows = [
                DailyUse(install, f"r{record}", FIRST + timedelta(days=day), feature, events, min(events, 1), 5)
                for record, (day, feature, events) in unique.items()
            ]
            record_daily_use(session, rows, now=NOW)
    with databases.telemetry.read(SYSTEM) as session:
        days = reads.told_by_day(session, install, FIRST, FIRST + timedelta(days=9))
        features = reads.features(session, install, FIRST, FIRST + timedelta(days=9))
    by_day: Counter[date] = Counter()
    by_feature: Counter[tuple[date, str]] = Counter()
    for day, feature, events in given_once.values():
        if events:
            by_day[FIRST + timedelta(days=day)] += events
            by_feature[FIRST + timedelta(days=day), feature] += events
    assert dict(zip(days["day"], days["events"], strict=True)) == by_day
    assert (
        dict(zip(zip(features["day"], features["feature"], strict=True), features["events"], strict=True)) == by_feature
    )


def test_it_stands_beside_events_and_makes_up_no_hour(databases: Databases) -> None:
    install, day = new_install_id(), NOW.date() - timedelta(days=2)
    event = {"id": "1", "ts": NOW.isoformat(), "type": "feature_used", "feature": "pos", "user": "ada"}
    with databases.telemetry.write(SYSTEM) as session:
        record_daily_use(
            session, [DailyUse(install, "a", day, "pos", 4), DailyUse(install, "b", NOW.date(), "pos", 3)], now=NOW
        )
        assert ingest(session, install, [event], now=NOW).accepted == 1
    with databases.telemetry.read(SYSTEM) as session:
        daily = reads.daily_events(session, [install], day, NOW.date())
        span = reads.first_and_last_event(session, install)
        earlier = reads.last_events(session, [install], NOW - timedelta(days=1))
        hours = session.execute(text("SELECT sum(events) FROM hour_rollup WHERE install_id = :id"), {"id": install})
        people = session.execute(text("SELECT sum(events) FROM actor_rollup WHERE install_id = :id"), {"id": install})
        assert (hours.scalar_one(), people.scalar_one()) == (1, 1)
    assert dict(zip(pd.to_datetime(daily["day"]).dt.date, daily["events"], strict=True)) == {day: 4, NOW.date(): 4}
    assert span is not None
    assert (span.first, span.last) == (datetime(day.year, day.month, day.day, tzinfo=UTC), NOW)
    assert earlier == {install: span.first}
