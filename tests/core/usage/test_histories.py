"""The history of one meter, with its limit and what lies ahead; for whom it concerns alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import InvalidInput, NotFound, NotPermitted
from core.usage.histories import DAYS_AHEAD, history
from core.usage.reads import gauges
from core.usage.records import UsageRecord, record_usage
from db.session import WriteSession
from tests.cast import Cast
from tests.core.usage.conftest import MakeLicense, report

GROWING = [round(5_000 * 1.012**day) for day in range(56)]


def test_days_their_limit_and_the_fan(session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime) -> None:
    held = licensed()
    report(session, held, "api_calls_day", GROWING, now)
    found = history(session, session, cast.vera, held.install_id, "api_calls_day", now=now, days=30)
    assert len(found.points) == 30
    assert found.points[-1] == (datetime(2026, 11, 21, tzinfo=UTC), 0), "today, of which nothing is known yet"
    assert found.points[-2] == (datetime(2026, 11, 20, tzinfo=UTC), GROWING[-1])
    assert (found.limit.highest, found.limit.source) == (10_000, "tier")
    assert len(found.ahead) == DAYS_AHEAD
    assert found.ahead[0].at == datetime(2026, 11, 21, tzinfo=UTC)
    assert all(each.low <= each.middle <= each.high for each in found.ahead)


def test_it_foresees_what_the_gauge_does(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    report(session, held, "api_calls_day", GROWING, now)
    report(session, held, "storage_bytes", [each * 10**6 for each in GROWING], now)
    report(session, held, "bandwidth_bytes_month", [2 * 10**9] * 56, now)
    shown = {row.meter: row for row in gauges(session, session, cast.vera, held.install_id, now=now)}
    for meter in ("api_calls_day", "storage_bytes", "bandwidth_bytes_month"):
        for days in (7, 300):
            found = history(session, session, cast.vera, held.install_id, meter, now=now, days=days)
            assert found.days_to_limit == shown[meter].days_to_limit, meter
            assert found.days_to_limit is not None


def test_a_months_meter_is_told_since_its_month_began(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    report(session, held, "bandwidth_bytes_month", [10] * 30, now)
    found = history(session, session, cast.vera, held.install_id, "bandwidth_bytes_month", now=now, days=30)
    totals = {at.date().isoformat(): used for at, used in found.points}
    assert (totals["2026-10-31"], totals["2026-11-01"], totals["2026-11-20"]) == (100, 10, 200)


def test_a_level_ends_with_its_latest_report(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    report(session, held, "projects", [2, 2, 3], now)
    found = history(session, session, cast.vera, held.install_id, "projects", now=now)
    assert [used for _, used in found.points] == [2, 2, 3, 3]
    assert found.ahead == ()
    record_usage(session, held.install_id, [UsageRecord("t", "projects", 1, now)], now=now)
    found = history(session, session, cast.vera, held.install_id, "projects", now=now)
    assert found.points[-1][1] == 1


def test_what_is_not_reported_says_so(session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime) -> None:
    found = history(session, session, cast.vera, licensed().install_id, "compute_seconds_month", now=now)
    assert (found.points, found.limit.source) == ((), "none")
    assert found.reason == "the installation does not report it"


def test_hours_go_back_seven_days(session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime) -> None:
    found = history(session, session, cast.vera, licensed().install_id, "api_calls_hour", now=now)
    assert len(found.points) == 169
    assert found.points[-1][0] == now.replace(minute=0)


def test_the_past_is_foreseen_from_then(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    report(session, held, "api_calls_day", GROWING, now)
    then = now - timedelta(days=20)
    found = history(session, session, cast.vera, held.install_id, "api_calls_day", now=then, days=10)
    assert found.points[-1][0].date() == then.date()
    assert found.ahead[0].at.date() == then.date()


def test_questions_without_sense_are_refused(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    for meter, days in (("moon", 30), ("projects", 0), ("projects", 367)):
        with pytest.raises(InvalidInput):
            history(session, session, cast.vera, held.install_id, meter, now=now, days=days)


def test_a_strangers_install_looks_like_none(
    session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    with pytest.raises(NotFound):
        history(session, session, cast.otto, held.install_id, "projects", now=now)
    with pytest.raises(NotFound):
        gauges(session, session, cast.otto, held.install_id, now=now)


def test_it_takes_the_permission(session: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime) -> None:
    nobody = replace(cast.vera, permissions=frozenset())
    with pytest.raises(NotPermitted):
        history(session, session, nobody, licensed().install_id, "projects", now=now)
