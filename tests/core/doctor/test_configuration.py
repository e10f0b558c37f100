"""The doctor on settings, secrets, keys and certificates."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.doctor import configuration
from tests.core.doctor.examined import by_subject, settings

LONG_SECRET = "abcdefghijklmnopqrstuvwxyz0123456789"


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
