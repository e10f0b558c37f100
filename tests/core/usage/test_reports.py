"""Reports of installs: taken or refused one by one, each refusal with its index and a reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.usage.meters import REPORTED
from core.usage.reports import check, take
from db.session import WriteSession
from tests.core.usage.conftest import MakeLicense

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {"id": "r1", "meter": "storage_bytes", "amount": 5, "ts": "2026-11-21T10:00:00Z"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"meter": "cpu_hours"}, "unknown_meter"),
        ({"meter": ["storage_bytes"]}, "unknown_meter"),
        ({"meter": "api_calls_hour"}, "derived_meter"),
        ({"amount": -1}, "out_of_range"),
        ({"amount": 1.5}, "out_of_range"),
        ({"amount": True}, "out_of_range"),
        ({"amount": 10**15 + 1}, "out_of_range"),
        ({"ts": "yesterday"}, "invalid_time"),
        ({"ts": "2026-02-30T10:00:00Z"}, "invalid_time"),
        ({"ts": "0001-01-01T00:00:00+14:00"}, "invalid_time"),
        ({"ts": "2024-11-21T10:00:00Z"}, "too_old"),
        ({"ts": "2026-11-23T10:00:00Z"}, "in_the_future"),
        ({"id": ""}, "invalid_id"),
        ({"id": "x" * 65}, "invalid_id"),
        ({"id": None}, "missing_field"),
        ({"note": "hello"}, "unknown_field"),
    ],
)
def test_a_record_is_refused_for_its_own_reason(changed: dict[str, Any], code: str) -> None:
    found = check([GOOD, {**GOOD, **changed}], now=NOW)
    assert [one.id for one in found.records] == ["r1"]
    assert [(one.index, one.code) for one in found.refused] == [(1, code)]
    assert found.refused[0].detail.endswith(".")


def test_an_unknown_meter_is_named_with_those_there_are() -> None:
    detail = check([{**GOOD, "meter": "cpu_hours"}], now=NOW).refused[0].detail
    assert "cpu_hours" in detail
    assert all(meter in detail for meter in REPORTED)


@given(st.lists(st.one_of(st.none(), st.integers(), st.text(), st.dictionaries(st.text(), st.text())), max_size=6))
def test_whatever_is_sent_is_taken_or_refused(sent: list[Any]) -> None:
    found = check(sent, now=NOW)
    assert len(found.records) + len(found.refused) == len(sent)


def test_a_batch_sent_again_counts_once(session: WriteSession, licensed: MakeLicense) -> None:
    held = licensed()
    batch = [GOOD, {**GOOD, "id": "r2", "meter": "projects"}, {**GOOD, "id": "r1", "amount": 9}, 7]
    first, again = (take(session, held.install_id, batch, now=NOW + timedelta(minutes=n)) for n in range(2))
    assert (first.accepted, first.duplicate, len(first.refused)) == (2, 1, 1)
    assert (again.accepted, again.duplicate, len(again.refused)) == (0, 3, 1)
