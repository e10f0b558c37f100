"""The login that questions read as: what it may see, and everything that it may not do."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.ask.reader import TOOK_TOO_LONG, reader_of
from core.config import Settings
from core.databases import Databases, logins
from db.session import SYSTEM, Tenancy, login_url
from tests.cast import Cast

VENDOR = "SET LOCAL app.scope = 'vendor'; "
# As the reader, in a transaction of its own that is not even read-only, with the vendor's scope set.
FORBIDDEN = [
    "SELECT password_hash FROM person",
    "SELECT id FROM session",
    "SELECT secret_digest FROM license",
    "SELECT * FROM license",
    "SELECT notes FROM organization",
    "SELECT question FROM question",
    "SELECT * FROM audit_entry",
    "SELECT body FROM remembered_answer",
    "SELECT * FROM procrastinate_jobs",
    "SELECT content FROM import_file",
    "SELECT props FROM event",
    "SELECT actor FROM actor_rollup",
    "INSERT INTO tier (id, label, rank, features) VALUES ('x', 'X', 9, '{}')",
    "UPDATE movement SET mrr_change_minor = 1",
    "DELETE FROM customer_card",
    "WITH gone AS (DELETE FROM organization RETURNING 1) SELECT * FROM gone",
    "SELECT * FROM customer_card FOR UPDATE",
    "TRUNCATE organization",
    "DROP TABLE question",
    "CREATE TABLE mine (id int)",
    "GRANT SELECT ON person TO PUBLIC",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY tier TO PROGRAM 'cat'",
    "COPY tier TO '/tmp/tiers'",
    "SET ROLE postgres",
    "ALTER ROLE CURRENT_USER SUPERUSER",
]


@pytest.fixture
def as_reader(test_settings: Settings, databases: Databases, cast: Cast) -> Iterator[Connection[object]]:
    names = logins(test_settings)
    with psycopg.connect(login_url(databases.control_url, names.reader, names.reader_password)) as connection:
        connection.execute(VENDOR)
        yield connection
        connection.rollback()


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_may_not(as_reader: Connection[object], statement: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        as_reader.execute(statement)
    # 42501: insufficient privilege; 22023: no such role to become.
    assert refused.value.sqlstate in {"42501", "22023"}, refused.value


@pytest.mark.parametrize("table", ["customer_card", "movement", "organization", "cost_entry", "security_score_day"])
def test_it_may_read_what_the_catalogue_is_made_of(as_reader: Connection[object], table: str) -> None:
    as_reader.execute(f"SELECT count(*) FROM {table}")


def test_it_sees_no_row_without_a_scope_and_none_of_another_tenant(databases: Databases, cast: Cast) -> None:
    reader = reader_of(databases)
    with reader.control.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM organization")).scalar_one() == 0
    with reader.sessions(Tenancy("customer", cast.globex)) as (control, _):
        assert control.execute(text("SELECT name FROM organization")).scalars().all() == ["Globex"]
        assert control.execute(text("SELECT count(*) FROM cost_entry")).scalar_one() == 0
    with reader.sessions(SYSTEM) as (control, _):
        assert control.execute(text("SELECT count(*) FROM organization")).scalar_one() >= 2


def test_its_transactions_are_read_only_and_short(databases: Databases) -> None:
    with reader_of(databases).sessions(SYSTEM) as sessions:
        for session in sessions:
            shown = {
                name: session.execute(text(f"SHOW {name}")).scalar_one()
                for name in ("statement_timeout", "lock_timeout")
            }
            assert shown == {"statement_timeout": "5s", "lock_timeout": "1s"}
            assert session.execute(text("SHOW transaction_read_only")).scalar_one() == "on"


def test_a_statement_that_takes_too_long_is_stopped(databases: Databases) -> None:
    with reader_of(databases).sessions(SYSTEM) as (control, _):
        control.execute(text("SET LOCAL statement_timeout = '50ms'"))
        with pytest.raises(OperationalError) as stopped:
            control.execute(text("SELECT pg_sleep(3)"))
    assert getattr(stopped.value.orig, "sqlstate", None) == TOOK_TOO_LONG


def test_nothing_is_granted_that_holds_people_or_secrets(databases: Databases, test_settings: Settings) -> None:
    """Whoever opens another table to the reader says here that it is one of figures."""
    tables = "SELECT table_name FROM information_schema.role_table_grants WHERE grantee = %s"
    columns = "SELECT table_name, column_name FROM information_schema.column_privileges WHERE grantee = %s"
    reader = logins(test_settings).reader
    with psycopg.connect(test_settings.database_url) as owner:
        found = {row[0] for row in owner.execute(tables, (reader,))}
        parts = {(row[0], row[1]) for row in owner.execute(columns, (reader,)) if row[0] not in found}
    assert found == {
        *("customer_card", "upsell", "tier", "tier_limit", "price", "subscription", "movement"),
        *("fx_rate", "product", "tier_product", "cost_entry", "cash_entry", "support_ticket", "security_score_day"),
        *("hour_rollup", "usage_day", "day_rollup", "movement_day", "mrr_day"),
    }
    of_money = {"metric_policy", "scheduled_change", "invoice", "invoice_line"}
    assert {table for table, _ in parts} == {"license", "organization", "contact", *of_money}
    assert {column for table, column in parts if table == "contact"} == {"upsell_id", "organization_id", "at"}
    assert {column for table, column in parts if table == "metric_policy"} == {"version", "settings"}
    hidden = {"secret_digest", "notes", "revoke_reason", "domains", "contact_email", "made_by", "reason", "text"}
    assert not {column for _, column in parts} & hidden
