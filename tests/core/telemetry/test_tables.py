"""The shape of the telemetry plane: keys led by the install, nothing crossing planes, models as migrated, RLS."""

from datetime import timedelta

import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from core.config import Settings
from core.databases import Databases
from core.telemetry import partitions, reads
from core.telemetry.daily_use import DailyUse, record_daily_use
from core.telemetry.writes import ingest
from db import migrate
from db.models import metadata, registry, telemetry, telemetry_metadata
from db.session import SYSTEM, Tenancy
from tests.cast import Cast
from tests.conftest import NOW

PAYLOAD = {"received_at": NOW, "kind": "application/json", "size": 2, "body": b"{}"}
BUNDLE = {
    "bundle_id": "1",
    "created_at": NOW,
    "received_at": NOW,
    "carried_by": "mia",
    "sha256": "",
    "size": 2,
    "refusals": [],
}
TABLES = sorted(name for name, value in vars(telemetry).items() if isinstance(value, Table))


def test_every_telemetry_key_is_led_by_the_install_and_no_key_crosses_planes() -> None:
    assert registry.MODULES
    for table in telemetry_metadata.tables.values():
        assert next(column.name for column in table.primary_key) == "install_id", table.name
        assert not table.foreign_keys, table.name
    for table in metadata.tables.values():
        assert all(key.column.table.metadata is metadata for key in table.foreign_keys), table.name
    assert not telemetry_metadata.tables.keys() & metadata.tables.keys()


def test_the_migration_makes_what_the_models_say(test_settings: Settings) -> None:
    assert migrate.differences(test_settings.database_url, "telemetry") == ""


@pytest.mark.parametrize("table", TABLES)
def test_a_customer_sees_rows_of_its_own_installs_and_without_installs_none(
    databases: Databases, cast: Cast, install_id: str, table: str
) -> None:
    rows = telemetry_metadata.tables[table]
    event = {"id": "1", "ts": NOW.isoformat(), "type": "api_call", "feature": "pos", "user": "ada"}
    installs = (install_id, f"{install_id}-other")
    with databases.telemetry.write(SYSTEM) as session:
        for one in installs:
            ingest(session, one, [event, "none"], now=NOW)
            session.execute(insert(telemetry.last_payload).values(install_id=one, **PAYLOAD))
            session.execute(insert(telemetry.bundle).values(install_id=one, **BUNDLE))
        record_daily_use(session, [DailyUse(one, "1", NOW.date(), "pos", 1) for one in installs], now=NOW)

    def seen(tenancy: Tenancy) -> set[str]:
        with databases.telemetry.read(tenancy) as session:
            mine = select(rows.c.install_id).where(rows.c.install_id.in_([install_id, f"{install_id}-other"]))
            return set(session.execute(mine).scalars())

    assert seen(SYSTEM) == {install_id, f"{install_id}-other"}
    assert seen(Tenancy("customer", cast.globex, (install_id,))) == {install_id}
    assert seen(cast.otto.tenancy()) == set()
    with databases.telemetry.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(rows)).scalar_one() == 0, "no tenancy, no rows"


def test_a_customer_cannot_write_for_another_install(databases: Databases, cast: Cast, install_id: str) -> None:
    tenancy = Tenancy("customer", cast.globex, (f"{install_id}-mine",))
    with pytest.raises(ProgrammingError, match="row-level security"), databases.telemetry.write(tenancy) as session:
        ingest(session, install_id, [{"id": "1", "ts": NOW.isoformat(), "type": "login"}], now=NOW)


def test_the_app_reads_no_partition_around_its_parents_policy(databases: Databases) -> None:
    with databases.telemetry.write(SYSTEM) as session:
        partitions.ensure_days(session, [NOW.date()])
    with databases.telemetry.read(SYSTEM) as session, pytest.raises(ProgrammingError) as refused:
        session.execute(text(f"SELECT 1 FROM event_{NOW:%Y%m%d}"))
    assert isinstance(refused.value.orig, InsufficientPrivilege)


def test_partitions_are_made_ahead_once_and_dropped_when_retention_is_over_roll_ups_stay(
    databases: Databases, install_id: str
) -> None:
    old = NOW - timedelta(days=3_900)  # so old that no other test's events go with it
    event = {"id": "1", "ts": old.isoformat(), "type": "api_call"}
    with databases.telemetry.write(SYSTEM) as session:
        partitions.ensure_partitions(session, now=NOW)
        assert partitions.ensure_partitions(session, now=NOW) == 0
        ingest(session, install_id, [event], now=NOW, retention_days=3_950)
        assert partitions.drop_old_partitions(session, now=NOW, retention_days=3_900) == 0, "its last day is kept"
        assert partitions.drop_old_partitions(session, now=NOW, retention_days=3_899) == 1
        found = session.execute(text("SELECT count(*) FROM event WHERE install_id = :i"), {"i": install_id})
        assert found.scalar_one() == 0
        assert reads.hours(session, install_id, old.date(), NOW.date())["events"].sum() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ensure_event_partition('1999-01-01')",
        "SELECT ensure_event_partition('2999-01-01')",
        "SELECT ensure_event_partition(NULL)",
        "SELECT drop_event_partitions(current_date)",
        "SELECT drop_event_partitions(NULL)",
    ],
)
def test_the_owners_functions_refuse_days_out_of_reason(databases: Databases, statement: str) -> None:
    with databases.telemetry.write(SYSTEM) as session, pytest.raises(DBAPIError, match=r"partition|never dropped"):
        session.execute(text(statement))
