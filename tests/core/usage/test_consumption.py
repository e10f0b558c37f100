"""Consumption as it is read from the database: reported usage first, telemetry else."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from core.licensing.reads import tiers
from core.telemetry.writes import ingest
from core.usage.limits import in_force
from core.usage.reads import api_calls, consumption
from core.usage.records import UsageRecord, record_usage
from db.session import WriteSession


def test_the_limits_are_the_seeds_table(session: WriteSession) -> None:
    by_tier = {tier.id: tier.limits for tier in tiers(session)}
    assert [by_tier[name]["api_calls_day"] for name in ("free", "basic", "pro", "enterprise")] == [
        1_000,
        10_000,
        100_000,
        None,
    ]
    assert [by_tier[name]["members"] for name in ("free", "basic", "pro", "enterprise")] == [3, 10, 50, 500]
    assert by_tier["pro"]["storage_bytes"] == 100 * 10**9


def test_api_calls_are_counted_from_events_until_they_are_reported(session: WriteSession, now: datetime) -> None:
    install = f"inst-{uuid4().hex}"
    events = [
        {"id": f"{day}-{n}", "ts": (now - timedelta(days=day, minutes=n)).isoformat(), "type": kind}
        for day in (1, 3)
        for n, kind in enumerate(("api_call", "api_call", "page_view"))
    ]
    ingest(session, install, events, now=now)
    today = now.date()
    days = [today - timedelta(days=back) for back in (3, 2, 1, 0)]
    assert api_calls(session, install, now) == dict(zip(days, (2, 0, 2, 0), strict=True))
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    record_usage(session, install, [UsageRecord("r1", "api_calls_day", 700, at)], now=now)
    assert api_calls(session, install, now) == {days[2]: 700, days[3]: 0}, "never both"


def test_every_limit_of_the_tier_has_its_row(session: WriteSession, now: datetime) -> None:
    install = f"inst-{uuid4().hex}"
    at = now.replace(day=2)
    record_usage(session, install, [UsageRecord("b1", "bandwidth_bytes_month", 5 * 10**9, at)], now=now)
    last_month = now - timedelta(days=25)
    record_usage(session, install, [UsageRecord("b0", "bandwidth_bytes_month", 9 * 10**9, last_month)], now=now)
    free = next(tier for tier in tiers(session) if tier.id == "free")
    rows = {row.meter: row for row in consumption(session, install, in_force(free.limits), members=2, now=now)}
    assert rows.keys() == free.limits.keys()
    assert rows["bandwidth_bytes_month"].share == 0.5, "a month begins on its first day, UTC"
    assert rows["members"].share == 2 / 3
    assert rows["storage_bytes"].reason == "the installation does not report it"
    assert rows["api_calls_day"].share is None
