"""Usage records count once and sum by UTC day."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.databases import Databases
from core.usage.records import UsageRecord, record_usage, records_counted, usage_by_day
from db.session import SYSTEM, Tenancy, WriteSession

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ids = st.integers(0, 30)


@given(st.lists(st.lists(ids, max_size=8), min_size=1, max_size=5))
def test_repeats_and_overlapping_batches_count_once(databases: Databases, batches: list[list[int]]) -> None:
    """Amounts are a function of the id, so the expected sum is that of the distinct ids."""
    install = f"usage-{abs(hash(str(batches)))}"
    new = 0
    with databases.telemetry.engine.connect() as connection:
        transaction = connection.begin()
        connection.exec_driver_sql(SYSTEM.statement())
        session = WriteSession(connection)
        for batch in batches:
            records = [UsageRecord(f"r{n}", "api_calls_day", n + 1, NOON + timedelta(seconds=n)) for n in batch]
            new += record_usage(session, install, records, now=NOON)
        distinct = {n for batch in batches for n in batch}
        found = usage_by_day(session, [install], "api_calls_day", date(2026, 11, 1), date(2026, 11, 30))
        assert new == len(distinct) == records_counted(session, install, date(2026, 11, 1), date(2026, 11, 30))
        assert sum(found.values()) == sum(n + 1 for n in distinct)
        transaction.rollback()


def test_a_customer_sees_only_its_own_installs(databases: Databases, now: datetime) -> None:
    with databases.telemetry.write(SYSTEM) as session:
        record_usage(session, "usage-mine", [UsageRecord("a", "members", 1, NOON)], now=now)
        record_usage(session, "usage-theirs", [UsageRecord("a", "members", 1, NOON)], now=now)
    with databases.telemetry.read(Tenancy("customer", None, ("usage-mine",))) as session:
        seen = usage_by_day(session, ["usage-mine", "usage-theirs"], "members", NOON.date(), NOON.date())
    assert set(seen) == {("usage-mine", NOON.date())}
