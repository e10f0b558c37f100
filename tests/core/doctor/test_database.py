"""The doctor on the database: its server, its tables, the lock between tenants, the audit trail."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from core.config import Settings
from core.databases import Databases, logins
from core.doctor import database
from core.doctor.database import Server
from core.ids import new_id
from db.session import SYSTEM, WriteSession, connect, login_url
from tests.cast import Cast
from tests.core.doctor.examined import by_subject, free_port, settings


def test_a_database_without_tables_is_told_to_be_migrated(test_settings: Settings, fresh_database: str) -> None:
    bare = make_url(fresh_database).set(database="postgres").render_as_string(hide_password=False)
    found = database.migrations(bare, bare)
    assert not found.well
    assert "control and telemetry" in found.detail
    assert "manage.py migrate" in found.mend


def test_the_embedded_server_is_found_by_its_home(test_settings: Settings) -> None:
    found = by_subject(list(database.findings(settings(test_settings.home))))
    assert found["Database (embedded)"].well
    assert "manage.py migrate" in found["Tables"].mend


def test_a_server_that_is_not_there_is_told_within_seconds(tmp_path: Path) -> None:
    gone = settings(tmp_path, DATABASE_URL=f"postgresql://u:p@127.0.0.1:{free_port()}/calos")
    (found,) = database.findings(gone)
    assert not found.well
    assert "DATABASE_URL" in found.mend


def test_a_wrong_password_is_told_and_not_repeated(test_settings: Settings, fresh_database: str) -> None:
    wrong = login_url(fresh_database, "calos_app", "not-the-password")
    (found,) = database.findings(test_settings.model_copy(update={"database_url": wrong}))
    assert not found.well
    assert "not-the-password" not in found.detail


@pytest.mark.parametrize(
    ("told", "subject", "said"),
    [
        (Server(130_011, "13.11", "UTF8", timedelta(0)), "Database", "too old"),
        (Server(150_004, "15.4", "SQL_ASCII", timedelta(0)), "Database", "SQL_ASCII"),
        (Server(150_004, "15.4", "UTF8", timedelta(seconds=90)), "Database clock", "90 s"),
    ],
)
def test_a_server_unfit_for_calos_is_named(told: Server, subject: str, said: str) -> None:
    found = by_subject(list(database.server("Database", told)))
    assert not found[subject].well
    assert said in found[subject].detail


def test_a_server_is_asked_about_itself(databases: Databases) -> None:
    with databases.control.read(SYSTEM) as session:
        told = database.ask(session)
    assert told.number >= database.OLDEST
    assert told.encoding == "UTF8"
    assert told.clock_off == timedelta(0)


def test_a_login_that_may_bypass_row_security_is_named(
    test_settings: Settings, databases: Databases, cast: Cast, fresh_database: str
) -> None:
    names = logins(test_settings)
    assert database.row_security(databases.control, names).well
    # Roles belong to the server that parallel workers share, so a role of this test's own stands in for the reader.
    mighty = f"mighty_{new_id().hex[:12]}"
    with psycopg.connect(fresh_database, autocommit=True) as owner:
        owner.execute(f'CREATE ROLE "{mighty}" BYPASSRLS')
        try:
            found = database.row_security(databases.control, names.__class__(names.app, mighty, "", ""))
        finally:
            owner.execute(f'DROP ROLE "{mighty}"')
    assert not found.well
    assert mighty in found.detail


def test_the_owner_is_found_not_to_be_bound(test_settings: Settings, cast: Cast, fresh_database: str) -> None:
    as_owner = connect(fresh_database, pool_size=1)
    try:
        found = database.row_security(as_owner, logins(test_settings))
    finally:
        as_owner.close()
    assert not found.well
    assert "organization" in found.detail


def test_a_table_without_its_policy_is_named(
    test_settings: Settings, databases: Databases, cast: Cast, fresh_database: str
) -> None:
    with psycopg.connect(fresh_database, autocommit=True) as owner:
        owner.execute("ALTER TABLE organization DISABLE ROW LEVEL SECURITY")
        try:
            found = database.row_security(databases.control, logins(test_settings))
        finally:
            owner.execute("ALTER TABLE organization ENABLE ROW LEVEL SECURITY")
    assert not found.well
    assert "organization" in found.detail


def test_the_audit_trail_is_looked_at(session: WriteSession, tmp_path: Path) -> None:
    assert database.audit_chain(session, tmp_path).well
