"""Settings: read from environment and `.env`, refused with a sentence when unsafe; secrets made once, kept closed."""

import multiprocessing
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core import config
from core.config import Settings, check, key_file, secret_for, unread_names
from core.errors import InvalidInput

STRONG = "abcdefghijklmnopqrstuvwxyz0123456789"
SAFE: dict[str, Any] = {
    "CALOS_ENV": "production",
    "JWT_SECRET": STRONG,
    "CALOS_HTTPS_PROXY": True,
    "CALOS_DEMO": False,
}


def made(**given: Any) -> Settings:
    return Settings(_env_file=None, **{"JWT_SECRET": "", "DATABASE_URL": "", **given})


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder without any setting in the environment."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_need_be_set(elsewhere: Path) -> None:
    found = Settings()
    check(found)
    assert (found.port, found.env, found.database_url, found.demo) == (5001, "development", "", True)
    assert found.origin == "http://localhost:5001"
    assert found.loopback


def test_the_environment_wins_over_the_env_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".env").write_text("CALOS_PORT=6001\nCALOS_DEMO=0\nSOMETHING_ELSE=1\n")
    assert (Settings().port, Settings().demo) == (6001, False)
    monkeypatch.setenv("CALOS_PORT", "6002")
    assert Settings().port == 6002


def test_misspelled_names_are_found_in_environment_and_env_file(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / ".env").write_text("CALOS_PROT=6001\nCALOS_PORT=6001\nOTHER=1\n")
    monkeypatch.setenv("CALOS_DEMOO", "1")
    found = unread_names()
    assert {"CALOS_PROT", "CALOS_DEMOO"} <= set(found)
    assert not {"CALOS_PORT", "OTHER"} & set(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALOS_PORT", "0"),
        ("CALOS_PORT", "65536"),
        ("CALOS_PORT", "five"),
        ("CALOS_ENV", "staging"),
        ("CALOS_SESSION_IDLE_MINUTES", "0"),
        ("CALOS_DB_ROLES", "calos; DROP TABLE"),
        ("DATABASE_URL", "mysql://localhost/calos"),
        ("DATABASE_URL", "sqlite:///calos.db"),
        ("TELEMETRY_URL", "http://localhost"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_its_name(elsewhere: Path, name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})  # type: ignore[arg-type]  # wrong on purpose


def test_a_url_of_the_short_scheme_is_understood() -> None:
    assert made(DATABASE_URL="postgres://u:p@host/calos").database_url == "postgresql://u:p@host/calos"


def test_a_safe_production_setting_starts() -> None:
    check(made(**SAFE))
    check(made(**{**SAFE, "CALOS_HTTPS_PROXY": False, "CALOS_TLS_CERT": "c.pem", "CALOS_TLS_KEY": "k.pem"}))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"JWT_SECRET": ""}, "JWT_SECRET is missing"),
        ({"JWT_SECRET": STRONG[:31]}, "JWT_SECRET is too short"),
        ({"CALOS_HTTPS_PROXY": False}, "HTTPS"),
        ({"CALOS_TLS_CERT": "c.pem"}, "belong together"),
        ({"CALOS_DEMO": True}, "CALOS_DEMO_INSTALL_SECRET"),
        ({"CALOS_DEMO": True, "CALOS_HOST": "192.0.2.1"}, "CALOS_DEMO_PASSWORD"),
    ],
)
def test_an_unsafe_setting_is_refused_with_what_to_set(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        check(made(**{**SAFE, **changed}))
    assert refused.value.message.endswith((".", '"'))


def test_published_demo_sign_ins_are_served_to_this_machine_only() -> None:
    check(made(CALOS_DEMO=True))
    with pytest.raises(InvalidInput, match="only served on this machine"):
        check(made(CALOS_DEMO=True, CALOS_HOST="0.0.0.0"))  # noqa: S104 - refused, which is the point
    check(made(CALOS_DEMO=True, CALOS_HOST="0.0.0.0", CALOS_DEMO_PASSWORD="of my own"))  # noqa: S104 - not bound


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ({}, "http://localhost:5001"),
        ({"CALOS_PORT": 6001}, "http://localhost:6001"),
        ({"CALOS_TLS_CERT": "c.pem"}, "https://localhost:5001"),
        ({"CALOS_PUBLIC_URL": "https://calos.example/"}, "https://calos.example"),
    ],
)
def test_the_origin_is_what_people_type(given: dict[str, Any], origin: str) -> None:
    assert made(**given).origin == origin


def test_a_secret_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = key_file(tmp_path, "jwt")
    assert len(first) == 32
    assert key_file(tmp_path, "jwt") == first
    assert key_file(tmp_path, "audit") != first
    path = tmp_path / "keys" / "jwt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(one.name for one in path.parent.iterdir()) == ["audit", "jwt"]


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.starmap(key_file, [(tmp_path, "jwt")] * 16)
    assert len(set(found)) == 1


def test_every_use_has_its_own_secret(tmp_path: Path) -> None:
    by_setting = made(JWT_SECRET=STRONG, CALOS_HOME=tmp_path)
    assert secret_for(by_setting, "one") != secret_for(by_setting, "two")
    assert secret_for(by_setting, "one") == secret_for(by_setting, "one")
    assert not (tmp_path / "keys").exists()
    by_file = made(CALOS_HOME=tmp_path)
    assert secret_for(by_file, "one") == secret_for(by_file, "one") != secret_for(by_setting, "one")


def test_settings_are_read_once() -> None:
    assert config.settings() is config.settings()
