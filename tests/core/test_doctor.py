"""The doctor names what is wrong and how to mend it, and is content with an installation that is well."""

import os
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.engine import make_url

from core import doctor
from core.config import Settings
from core.databases import Databases, logins
from core.doctor import configuration, database, machine, vendors
from core.doctor.database import Server
from core.doctor.finding import Finding
from core.ids import new_id
from db.session import SYSTEM, WriteSession, connect, login_url
from tests.cast import Cast
from tests.loopback import vendor

ROOT = Path(__file__).parents[2]
LONG_SECRET = "abcdefghijklmnopqrstuvwxyz0123456789"


def settings(home: Path, **changed: Any) -> Settings:
    given = {"CALOS_DEMO": False, "DATABASE_URL": "", "JWT_SECRET": "", **changed}
    return Settings(_env_file=None, CALOS_HOME=home, **given)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


def test_a_well_installation_has_nothing_to_mend(test_settings: Settings, databases: Databases, cast: Cast) -> None:
    found = list(doctor.examine(test_settings.model_copy(update={"port": free_port()}), ROOT))
    assert [finding for finding in found if not finding.well] == []
    subjects = [finding.subject for finding in found]
    assert len(subjects) == len(set(subjects))
    assert {"Python", "Packages", "Home", "Port", "Database", "Tables", "Row-level security"} <= set(subjects)


def test_every_bad_finding_says_how_to_mend_it(tmp_path: Path) -> None:
    wrong = settings(
        tmp_path / "home",
        CALOS_ENV="production",
        JWT_SECRET="short",
        DATABASE_URL=f"postgresql://nobody:secret-word@127.0.0.1:{free_port()}/calos",
        CALOS_TLS_CERT=str(tmp_path / "none.pem"),
        CALOS_TLS_KEY=str(tmp_path / "none.key"),
    )
    found = [finding for finding in doctor.examine(wrong, ROOT) if not finding.well]
    assert {"Settings", "JWT_SECRET", "Database", "Certificate"} <= set(by_subject(found))
    for finding in found:
        assert finding.detail, finding
        assert finding.mend, finding
        assert "secret-word" not in f"{finding.detail}{finding.mend}"
        assert "short" not in finding.detail.replace("too short", "")


def test_a_fresh_home_is_well_and_is_left_untouched(tmp_path: Path) -> None:
    found = by_subject(list(doctor.examine(settings(tmp_path / "home", CALOS_PORT=free_port()), ROOT)))
    assert all(finding.well for finding in found.values())
    assert "made at the first start" in found["Database"].detail
    assert list(tmp_path.iterdir()) == []


def test_an_old_python_is_named() -> None:
    assert machine.python(sys.version_info[:3]).well
    assert not machine.python((3, 10, 14)).well


def test_packages_are_compared_with_the_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("click==8.5.1  # commands\n")
    (tmp_path / "requirements.lock").write_text("click==0.1\n")
    other = machine.packages(tmp_path)
    assert not other.well
    assert "click" in other.detail
    assert "tested: 0.1" in other.detail
    (tmp_path / "requirements.txt").write_text("no-such-package-of-calos==1  # absent\n")
    missing = machine.packages(tmp_path)
    assert not missing.well
    assert "no-such-package-of-calos" in missing.detail


def test_what_only_tests_need_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("click==8.5.1  # commands\n")
    (tmp_path / "requirements.lock").write_text("click==8.5.1\nno-such-package-of-calos==1\n")
    assert machine.packages(tmp_path).well


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    found = machine.home(tmp_path / "home")
    assert not found.well
    assert "CALOS_HOME" in found.mend


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    assert machine.home(tmp_path, least_free=1).well
    assert not machine.home(tmp_path, least_free=10**18).well


def test_another_program_on_the_port_is_told_from_a_free_port(tmp_path: Path) -> None:
    number = free_port()
    assert "is free" in machine.port(settings(tmp_path, CALOS_PORT=number)).detail
    with vendor() as other:
        taken = machine.port(settings(tmp_path, CALOS_PORT=int(other.url.rpartition(":")[2])))
    assert not taken.well
    assert "another program" in taken.detail


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    found = machine.port(settings(tmp_path, CALOS_HOST="192.0.2.1", CALOS_PORT=free_port()))
    assert not found.well
    assert "CALOS_HOST" in found.mend


@pytest.mark.parametrize(
    ("secret", "well"),
    [("", True), (LONG_SECRET, True), (LONG_SECRET[:31], False), ("ab" * 20, False)],
)
def test_a_secret_that_can_be_guessed_is_named_without_being_shown(secret: str, well: bool) -> None:
    found = configuration.secret(secret)
    assert found.well is well
    assert not secret or secret not in found.detail + found.mend


def test_redis_is_told_to_be_needless(tmp_path: Path) -> None:
    found = by_subject(list(configuration.values(settings(tmp_path, REDIS_URL="redis://localhost"))))
    assert found["REDIS_URL"].well
    assert "not needed" in found["REDIS_URL"].detail
    assert "REDIS_URL" not in by_subject(list(configuration.values(settings(tmp_path))))


def test_a_misspelled_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALOS_PROT", "5002")
    found = by_subject(list(configuration.values(settings(tmp_path))))
    assert "CALOS_PROT" in found["Settings unread"].detail


def test_an_env_file_open_to_others_is_bad_outside_development_only(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert configuration.environment_file(path, production=True).well
    path.write_text("JWT_SECRET=x\n")
    path.chmod(0o644)
    assert configuration.environment_file(path, production=False).well
    assert not configuration.environment_file(path, production=True).well
    path.chmod(0o600)
    assert configuration.environment_file(path, production=True).well


def test_a_key_that_others_can_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert configuration.keys(folder).well
    folder.mkdir(mode=0o700)
    key = folder / "jwt"
    key.write_text("00")
    key.chmod(0o600)
    assert configuration.keys(folder).well
    key.chmod(0o640)
    found = configuration.keys(folder)
    assert not found.well
    assert str(key) in found.detail


def test_a_credentials_file_is_read_and_its_broken_line_named(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yaml"
    assert configuration.credentials(path).well
    entry = "credentials:\n  usernames:\n    ada:\n      email: ada@calos.test\n      password: $2b$12$abc\n"
    path.write_text(entry)
    assert configuration.credentials(path).detail.endswith("holds 1 people")
    path.write_text(f"{entry}    bob:\n      password: x\n")
    found = configuration.credentials(path)
    assert not found.well
    assert "line 6" in found.detail or "line 7" in found.detail


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_credentials_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "credentials.yaml"
    path.write_text("")
    path.chmod(0)
    assert not configuration.credentials(path).well


@pytest.mark.parametrize(("days", "well"), [(60, True), (5, False), (-1, False)])
def test_a_certificate_about_to_run_out_is_named(tmp_path: Path, now: datetime, days: int, well: bool) -> None:
    path, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    write_certificate(path, key, until=now + timedelta(days=days, hours=1))
    assert configuration.certificate(path, key, now=now).well is well


def test_a_certificate_that_is_none_is_named(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "cert.pem"
    path.write_text("no certificate")
    assert not configuration.certificate(path, path, now=now).well
    assert not configuration.certificate(tmp_path / "absent", path, now=now).well


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


def test_a_url_that_is_none_is_told(tmp_path: Path) -> None:
    (found,) = database.findings(settings(tmp_path, DATABASE_URL="postgresql://host:port/calos"))
    assert not found.well


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


def test_keys_of_vendors_are_asked_about_only_when_set(tmp_path: Path) -> None:
    found = list(vendors.findings(settings(tmp_path)))
    assert [(one.subject, one.well) for one in found] == [("Stripe", True), ("OpenAI", True)]
    assert all("off" in one.detail for one in found)


def test_accepted_and_refused_keys_of_vendors_are_told(tmp_path: Path) -> None:
    keys = settings(tmp_path, STRIPE_SECRET_KEY="sk_test_part", OPENAI_API_KEY="sk-part")
    with vendor(body={"object": "balance", "livemode": False}) as stripe, vendor(401) as openai:
        found = by_subject(list(vendors.findings(keys, stripe_url=stripe.url, openai_url=openai.url)))
    assert found["Stripe"].well
    assert "test mode" in found["Stripe"].detail
    assert not found["OpenAI"].well
    assert found["OpenAI"].mend
    assert "sk-part" not in found["OpenAI"].detail + found["OpenAI"].mend


def write_certificate(path: Path, key_path: Path, *, until: datetime) -> None:
    """Write a self-signed certificate that ends at `until`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "calos.test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
