"""What an event may be: the table of refusals, the window of time, who acts, and that nothing unfit gets through."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.telemetry.events import KNOWN_TYPES, NotJson, Row, check
from core.telemetry.sample import sample_events
from core.telemetry.writes import ingest
from db.session import WriteSession
from tests.conftest import NOW

GOOD: dict[str, Any] = {"id": "e1", "ts": "2026-11-21T11:00:00Z", "type": "api_call"}
HALF = "\ud83d"


def _row(**changed: Any) -> Row:
    checked = check([{**GOOD, **changed}], now=NOW, retention_days=395)
    assert not checked.refused, checked.refused
    return checked.rows[0]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("no object", "not_an_object"),
        ([GOOD], "not_an_object"),
        (None, "not_an_object"),
        (NotJson("The body is not JSON."), "unreadable_json"),
        ({}, "missing_field"),
        ({**GOOD, "id": ""}, "missing_field"),
        ({**GOOD, "type": None}, "missing_field"),
        ({**GOOD, "email": "a@b.c"}, "unknown_field"),
        ({7: "x"}, "unknown_field"),
        ({**GOOD, "id": 17}, "wrong_type"),
        ({**GOOD, "id": "x" * 65}, "too_long"),
        ({**GOOD, "feature": "x" * 81}, "too_long"),
        ({**GOOD, "feature": ["pos"]}, "wrong_type"),
        ({**GOOD, "ua": "x" * 513}, "too_long"),
        ({**GOOD, "user": "x" * 129}, "too_long"),
        ({**GOOD, "user": "session:1"}, "reserved_user"),
        ({**GOOD, "feature": "a\x00b"}, "unreadable_text"),
        ({**GOOD, "feature": HALF}, "unreadable_text"),
        ({**GOOD, "status": "200"}, "out_of_range"),
        ({**GOOD, "status": True}, "out_of_range"),
        ({**GOOD, "status": 1000}, "out_of_range"),
        ({**GOOD, "status": -1}, "out_of_range"),
        ({**GOOD, "ms": float("nan")}, "out_of_range"),
        ({**GOOD, "ms": float("inf")}, "out_of_range"),
        ({**GOOD, "ms": -0.5}, "out_of_range"),
        ({**GOOD, "ms": 86_400_001}, "out_of_range"),
        ({**GOOD, "ms": "12"}, "out_of_range"),
        ({**GOOD, "props": []}, "wrong_type"),
        ({**GOOD, "props": {"x": float("nan")}}, "wrong_type"),
        ({**GOOD, "props": {"x": "a\x00"}}, "unreadable_text"),
        ({**GOOD, "props": {HALF: 1}}, "unreadable_text"),
        ({**GOOD, "props": {"x": "y" * 4_000}}, "too_long"),
        ({**GOOD, "props": {"x": object()}}, "wrong_type"),
        ({**GOOD, "ts": 1_700_000_000}, "invalid_time"),
        ({**GOOD, "ts": "2026-11-21T11:00:00"}, "invalid_time"),
        ({**GOOD, "ts": "2026-11-21"}, "invalid_time"),
        ({**GOOD, "ts": "20261121T110000Z"}, "invalid_time"),
        ({**GOOD, "ts": "2026-02-30T11:00:00Z"}, "invalid_time"),
        ({**GOOD, "ts": "2026-11-21T11:00:00+25:00"}, "invalid_time"),
        ({**GOOD, "ts": "٢٠٢٦-11-21T11:00:00Z"}, "invalid_time"),
        ({**GOOD, "ts": "0001-01-01T00:00:00+23:59"}, "too_old"),
        ({**GOOD, "ts": "9999-12-31T23:59:59-23:59"}, "in_the_future"),
    ],
)
def test_what_is_refused_is_refused_by_index_with_a_code_and_a_sentence(event: object, code: str) -> None:
    checked = check([GOOD, event, {**GOOD, "id": "e2"}], now=NOW, retention_days=395)
    assert [row["event_id"] for row in checked.rows] == ["e1", "e2"]
    assert [(refusal.index, refusal.code) for refusal in checked.refused] == [(1, code)]
    assert checked.refused[0].detail.endswith(".")


@pytest.mark.parametrize(
    ("at", "taken"),
    [
        (NOW - timedelta(days=395), True),
        (NOW - timedelta(days=395, microseconds=1), False),
        (NOW + timedelta(hours=24), True),
        (NOW + timedelta(hours=24, microseconds=1), False),
    ],
)
def test_events_are_of_the_time_that_is_kept(at: datetime, taken: bool) -> None:
    assert bool(check([{**GOOD, "ts": at.isoformat()}], now=NOW, retention_days=395).rows) is taken


def test_a_time_of_any_zone_becomes_utc_and_its_utc_day() -> None:
    row = _row(ts="2026-11-20t23:30:00.1234567-05:00")
    assert (row["day"], row["ts"]) == ("2026-11-21", "2026-11-21T04:30:00.123456+00:00")


def test_who_acted_is_the_user_else_the_session_else_nobody() -> None:
    assert _row(user="ada", session="s1")["actor"] == "ada"
    assert _row(session="s1")["actor"] == "session:s1"
    assert "actor" not in _row(user="", session=None)


def test_fields_are_kept_as_sent_but_for_rounding_and_the_case_of_domains() -> None:
    row = _row(type="of_our_own", ms=12.6, domain="Demo.Calos.SH", feature="POS ", props={"a": [1, {"b": None}]})
    assert (row["type"], row["ms"], row["domain"], row["feature"]) == ("of_our_own", 13, "demo.calos.sh", "POS ")
    assert row["props"] == {"a": [1, {"b": None}]}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8) | st.just(HALF),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_texts = st.text(alphabet=st.characters(), max_size=12)
_almost = st.fixed_dictionaries(
    {"id": _texts, "ts": st.just(GOOD["ts"]) | _texts, "type": st.sampled_from(KNOWN_TYPES) | _texts},
    optional=dict.fromkeys(("feature", "user", "session", "ua", "domain", "version", "tz"), _texts | _json)
    | {"status": st.integers(-5, 1005) | _json, "ms": st.floats() | _json, "props": _json},
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(_almost | _json, max_size=6))
def test_whatever_is_sent_is_taken_or_refused_and_never_breaks_the_database(
    session: WriteSession, install_id: str, events: list[Any]
) -> None:
    receipt = ingest(session, install_id, events, now=NOW)
    assert receipt.accepted + receipt.duplicate + len(receipt.refused) == len(events)


def test_samples_are_fifty_good_events_and_the_same_ones_again_for_the_same_seed() -> None:
    sample = sample_events("inst-12345678", NOW, seed=1)
    checked = check(sample, now=NOW, retention_days=395)
    assert (len(checked.rows), checked.refused) == (50, ())
    assert sample == sample_events("inst-12345678", NOW, seed=1) != sample_events("inst-12345678", NOW, seed=2)
    assert all(datetime.fromisoformat(event["ts"]) <= NOW for event in sample)
