"""Reads from roll-ups: what each frame holds, that the range of days is kept, and that no mark is lost."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import text

from core.databases import Databases
from core.errors import NotPermitted
from core.telemetry import latency, reads
from core.telemetry.sessions import minute_matrix
from core.telemetry.writes import clear_dirty, ingest
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.conftest import NOW

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


def _event(number: int, at: datetime, **fields: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "ts": at.isoformat(), "type": "page_view", **fields}


@pytest.fixture
def told(session: WriteSession, install_id: str) -> str:
    """Ingest a small history: two events yesterday, three today."""
    midnight = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    events = [
        _event(1, midnight - timedelta(hours=2), user="ada", feature="pos", ua="curl/8", ms=100, type="api_call"),
        _event(2, midnight - timedelta(microseconds=1), user="ada", feature="pos", status=503, ms=300),
        _event(3, midnight, user="ada", feature="crypto", status=402),
        _event(4, midnight + timedelta(minutes=1), session="s1", feature="crypto", status=403),
        _event(5, midnight + timedelta(minutes=61), feature="crypto", status=403, domain="Shop.Example"),
    ]
    assert ingest(session, install_id, events, now=NOW).accepted == 5
    return install_id


def test_hours_features_and_who_used_what(session: WriteSession, told: str) -> None:
    hours = reads.hours(session, told, YESTERDAY, TODAY)
    assert [str(hour) for hour in hours["hour"]] == [
        f"{YESTERDAY} 22:00:00+00:00",
        f"{YESTERDAY} 23:00:00+00:00",
        f"{TODAY} 00:00:00+00:00",
        f"{TODAY} 01:00:00+00:00",
    ]
    counts = hours[["events", "api_calls", "errors", "timed", "ms_sum"]].to_numpy().tolist()
    assert counts == [[1, 1, 0, 1, 100], [1, 0, 1, 1, 300], [2, 0, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert reads.features(session, told, YESTERDAY, TODAY).to_numpy().tolist() == [
        [YESTERDAY, "pos", 2, 1, 0],
        [TODAY, "crypto", 3, 0, 3],
    ]
    assert reads.feature_actors(session, told, TODAY, TODAY).to_numpy().tolist() == [
        [TODAY, "crypto", "ada", 1, 1],
        [TODAY, "crypto", "session:s1", 1, 1],
    ]


def test_the_minutes_in_which_an_actor_was_active(session: WriteSession, told: str) -> None:
    actors = reads.actors(session, told, YESTERDAY, TODAY)
    assert actors[["day", "actor", "events"]].to_numpy().tolist() == [
        [YESTERDAY, "ada", 2],
        [TODAY, "ada", 1],
        [TODAY, "session:s1", 1],
    ]
    active = [row.nonzero()[0].tolist() for row in minute_matrix(actors)]
    assert active == [[22 * 60, 23 * 60 + 59], [0], [1]]


def test_facets_by_kind_with_latency_in_buckets(session: WriteSession, told: str) -> None:
    assert reads.facets(session, told, YESTERDAY, TODAY, "agent").to_numpy().tolist() == [[YESTERDAY, "curl/8", 1, 0]]
    assert reads.facets(session, told, YESTERDAY, TODAY, "domain")["value"].tolist() == ["shop.example"]
    assert reads.facets(session, told, TODAY, TODAY, "type")["events"].tolist() == [3]
    buckets = reads.facets(session, told, YESTERDAY, TODAY, "latency")
    assert sorted(map(int, buckets["value"])) == [latency.bucket(100), latency.bucket(300)]


def test_days_and_ends(session: WriteSession, told: str) -> None:
    assert reads.daily_api_calls(session, told, YESTERDAY, TODAY).to_numpy().tolist() == [[YESTERDAY, 1], [TODAY, 0]]
    events = reads.daily_events(session, [told, "inst-unknown"], YESTERDAY, TODAY).to_numpy().tolist()
    assert events == [[told, YESTERDAY, 2], [told, TODAY, 3]]
    assert reads.daily_events(session, [], YESTERDAY, TODAY).empty
    span = reads.first_and_last_event(session, told)
    assert span is not None
    assert (span.first.hour, span.last.hour) == (22, 1)
    assert reads.last_events(session, [told, "inst-unknown"]) == {told: span.last}
    assert reads.first_and_last_event(session, "inst-unknown") is None
    quota = reads.quota(session, told, TODAY, TODAY).to_numpy().tolist()
    assert quota == [[TODAY, 5, 0, 0, 5, 0]]


def test_an_install_without_events_gives_empty_frames_with_their_columns(session: WriteSession) -> None:
    day = date(2026, 1, 1)
    for read in (reads.hours, reads.features, reads.actors, reads.feature_actors, reads.quota, reads.daily_api_calls):
        frame = read(session, "inst-unknown", day, day)
        assert frame.empty
        assert len(frame.columns) > 1
    assert list(reads.facets(session, "inst-unknown", day, day, "agent")) == ["day", "value", "events", "errors"]


def test_no_read_of_culture_or_usage_touches_raw_events(session: WriteSession, told: str) -> None:
    seen: list[str] = []
    connection = session.connection
    hooks.listen(connection, "before_cursor_execute", lambda *given: seen.append(given[2]))
    for read in (reads.hours, reads.features, reads.actors, reads.feature_actors, reads.quota, reads.daily_api_calls):
        read(session, told, YESTERDAY, TODAY)
    reads.facets(session, told, YESTERDAY, TODAY, "zone")
    reads.daily_events(session, [told], YESTERDAY, TODAY)
    reads.first_and_last_event(session, told)
    reads.last_events(session, [told])
    reads.dirty_installs(session)
    assert len(seen) >= 11
    assert not [statement for statement in seen if "FROM event" in statement]


def test_a_mark_made_while_a_profile_is_computed_stays(databases: Databases, install_id: str) -> None:
    with databases.telemetry.write(SYSTEM) as session:
        ingest(session, install_id, [_event(1, NOW)], now=NOW)
        session.execute(text("DELETE FROM dirty_install WHERE install_id <> :i"), {"i": install_id})
    with databases.telemetry.read(SYSTEM) as session:
        marks = reads.dirty_installs(session)
    assert [mark.install_id for mark in marks] == [install_id]
    with databases.telemetry.write(SYSTEM) as session:
        # Received before the profile was computed, committed after: only the row itself can tell.
        ingest(session, install_id, [_event(2, NOW)], now=NOW - timedelta(minutes=5))
    with databases.telemetry.write(SYSTEM) as session:
        assert clear_dirty(session, marks) == 0
        marks = reads.dirty_installs(session)
        assert [mark.last_event_at for mark in marks] == [NOW]
        assert reads.dirty_mark(session, install_id) == marks[0]
        assert clear_dirty(session, marks) == 1
        assert reads.dirty_installs(session) == []
        assert clear_dirty(session, []) == 0


def test_raw_events_page_newest_first_for_whom_it_is_allowed(session: WriteSession, told: str, cast: Cast) -> None:
    first = reads.newest_events(session, cast.mia, told, limit=3)
    assert [one.event_id for one in first] == ["e5", "e4", "e3"]
    rest = reads.newest_events(session, cast.mia, told, limit=3, before=(first[-1].ts, first[-1].event_id))
    assert [one.event_id for one in rest] == ["e2", "e1"]
    assert (rest[0].status, rest[0].actor, rest[0].feature) == (503, "ada", "pos")
    with pytest.raises(NotPermitted):
        reads.newest_events(session, cast.vera, told, limit=3)
