"""Levels, months, hours and minutes: each counted as its definition says, and honest where nothing can be known."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.telemetry.reads import dirty_mark
from core.usage.consumption import carried, growth, level, month_to_date, monthly
from core.usage.forecast import forecast
from core.usage.limits import Limit
from core.usage.reads import gauges
from core.usage.records import UsageRecord, record_usage
from db.session import WriteSession
from tests.cast import Cast
from tests.core.usage.conftest import MakeLicense, report, send_calls

GB = 10**9


def test_a_level_is_its_latest_report_whatever_order_they_arrive_in(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    late, early = now - timedelta(hours=1), now - timedelta(hours=5)
    record_usage(session, held.install_id, [UsageRecord("b", "storage_bytes", 4 * GB, late)], now=now)
    record_usage(session, held.install_id, [UsageRecord("a", "storage_bytes", 9 * GB, early)], now=now)
    found = {row.meter: row for row in gauges(session, session, cast.vera, held.install_id, now=now)}
    assert (found["storage_bytes"].current, found["storage_bytes"].share) == (4 * GB, 0.4)


def test_reported_members_go_before_those_that_telemetry_names(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    record_usage(session, held.install_id, [UsageRecord("m", "members", 9, now)], now=now)
    found = {row.meter: row for row in gauges(session, session, cast.vera, held.install_id, now=now)}
    assert (found["members"].current, found["members"].share, found["members"].source) == (9, 0.9, "tier")


def test_a_month_begins_anew_and_counts_today(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    report(session, held, "bandwidth_bytes_month", [GB] * 40, now)
    record_usage(session, held.install_id, [UsageRecord("t", "bandwidth_bytes_month", 5 * GB, now)], now=now)
    found = {row.meter: row for row in gauges(session, session, cast.vera, held.install_id, now=now)}
    assert found["bandwidth_bytes_month"].current == 25 * GB, "20 days of November and today"
    assert found["compute_seconds_month"].reason == "the installation does not report it"
    assert found["compute_seconds_month"].source == "none"


def test_a_months_limit_is_reached_within_the_month_or_never() -> None:
    last = date(2026, 11, 10)
    ahead = forecast([10] * 56, last)
    assert ahead is not None
    totals = ahead.in_months(100, last)
    assert totals.days_to(250).p50 == 15, "100 on the 10th, and ten a day"
    assert totals.days_to(290).p50 == 19
    assert totals.days_to(301).p50 == 51, "November ends at 300; December's 31st is the first day with 310"
    row = monthly(Limit("bandwidth_bytes_month", 120), [10] * 56, last, 4)
    assert (row.current, row.days_to_limit and row.days_to_limit.p50) == (104, 2)


def test_the_first_of_a_month_starts_from_nothing() -> None:
    last = date(2026, 10, 31)
    assert monthly(Limit("bandwidth_bytes_month", 1_000), [10] * 40, last, 4).current == 4
    assert month_to_date([10] * 40, last) == 310
    assert month_to_date([10] * 3, last) == 30


def test_a_level_holds_until_the_next_report() -> None:
    first = date(2026, 11, 1)
    reports = {first: 5, first + timedelta(days=3): 8}
    assert carried(reports, first, first + timedelta(days=4)) == [5, 5, 5, 8, 8]


def test_storage_is_forecast_people_are_not() -> None:
    last = date(2026, 11, 20)
    stored = level(Limit("storage_bytes", 100), [60 + day for day in range(28)], last, 88)
    assert stored.days_to_limit is not None
    assert stored.days_to_limit.p50 is not None
    assert 8 <= stored.days_to_limit.p50 <= 16
    assert level(Limit("members", 100), [60 + day for day in range(28)], last, 88).days_to_limit is None


def test_growth_compares_28_days_with_the_28_before_without_either_highest_day() -> None:
    assert growth([100] * 28 + [167] * 28) == pytest.approx(0.67)
    assert growth([100] * 55 + [95_000]) == pytest.approx(0)
    assert growth([100] * 55) is None
    assert growth([0] * 28 + [5] * 28) is None
    assert growth([50] * 28 + [60] * 28, level=True) == pytest.approx(0.2)


@given(st.lists(st.integers(0, 10**6), min_size=56, max_size=80))
def test_growth_is_never_below_minus_one(counts: list[int]) -> None:
    found = growth(counts)
    assert found is None or found >= -1


def test_hours_and_minutes_come_from_events(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    at = now.replace(minute=30)
    moments = [at - timedelta(minutes=5, seconds=n) for n in range(4)] + [at - timedelta(hours=3)] * 2
    send_calls(session, held, moments, at)
    found = {row.meter: row for row in gauges(session, session, cast.vera, held.install_id, now=at)}
    assert (found["api_calls_hour"].current, found["api_calls_hour"].peak) == (4, 2)
    assert found["api_calls_hour"].n == 168
    assert (found["api_calls_minute"].current, found["api_calls_minute"].peak) == (0, 3)
    assert found["api_calls_minute"].n == 60


def test_daily_reports_say_nothing_of_hours(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    report(session, held, "api_calls_day", [700] * 30, now)
    found = {row.meter: row for row in gauges(session, session, cast.vera, held.install_id, now=now)}
    assert found["api_calls_day"].busy == 700
    assert found["api_calls_hour"].current is None
    assert "too seldom" in str(found["api_calls_hour"].reason)


def test_hourly_reports_tell_hours_apart(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    rows = [UsageRecord(f"h{n}", "api_calls_day", 10, now - timedelta(hours=n, minutes=1)) for n in range(170)]
    record_usage(session, held.install_id, rows, now=now)
    found = {row.meter: row for row in gauges(session, session, cast.vera, held.install_id, now=now)}
    assert (found["api_calls_hour"].busy, found["api_calls_hour"].current) == (10, 0)
    assert "too seldom" in str(found["api_calls_minute"].reason)


def test_reports_mark_the_profile_as_out_of_date(session: WriteSession, licensed: MakeLicense) -> None:
    held = licensed()
    at = datetime(2026, 11, 21, 11, tzinfo=UTC)
    assert dirty_mark(session, held.install_id) is None
    record_usage(session, held.install_id, [UsageRecord("a", "projects", 2, at)], now=at)
    mark = dirty_mark(session, held.install_id)
    assert mark is not None
    assert mark.last_event_at == at
