"""What an operator gets wrong is told in a sentence that says what to do: no trace, and an exit code."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from core.config import Settings
from tests.running import ROOT, free_port


def _said(home: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Return the exit code of a command of manage.py and all that it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALOS_")}
    for name in ("DATABASE_URL", "TELEMETRY_URL", "JWT_SECRET"):
        kept.pop(name, None)
    ended = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**kept, "CALOS_HOME": str(home), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def _is_a_sentence(said: tuple[int, str], *told: str) -> None:
    code, printed = said
    assert code == 1
    assert printed.startswith("Error: "), printed
    assert printed.strip().count("\n") == 0, printed
    for words in told:
        assert words in printed


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"CALOS_PORT": "abc"}, "CALOS_PORT"),
        ({"CALOS_DEMO": "maybe", "CALOS_ENV": "prod"}, "CALOS_ENV"),
        ({"DATABASE_URL": "mysql://root:secret-of-mine@db/calos"}, "postgresql://"),
        ({"DATABASE_URL": "postgresql://calos:secret-of-mine@db:abc/calos"}, "DATABASE_URL"),
        ({"CALOS_ENV": "production", "JWT_SECRET": "secret-of-mine"}, "JWT_SECRET"),
        ({"CALOS_HOST": "0.0.0.0"}, "CALOS_DEMO_PASSWORD"),  # noqa: S104 - that it is refused is the point
        ({"CALOS_TLS_CERT": "no-such.pem", "CALOS_TLS_KEY": "no-such.pem"}, "CALOS_TLS_CERT"),
        ({"CALOS_HOST": "192.0.2.1", "CALOS_DEMO": "0"}, "CALOS_HOST"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_what_may_be(
    tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    said = _said(tmp_path, "serve", "--port", str(free_port()), **settings)
    _is_a_sentence(said, told)
    assert "secret-of-mine" not in said[1]


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        _is_a_sentence(_said(tmp_path, "serve", CALOS_PORT=str(port)), str(port), "CALOS_PORT")
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize(
    "changed", [{"password": "wrong"}, {"database": "no_such_database"}, {"host": "127.0.0.1", "port": 9}]
)
def test_a_database_that_cannot_be_entered_is_told_in_the_servers_words(
    tmp_path: Path, test_settings: Settings, changed: dict[str, str | int]
) -> None:
    url = make_url(test_settings.database_url).set(**changed).render_as_string(hide_password=False)  # type: ignore[arg-type]  # by keyword
    _is_a_sentence(_said(tmp_path, "migrate", DATABASE_URL=url), "DATABASE_URL", "manage.py doctor")


def test_commands_before_the_first_migration_say_so(tmp_path: Path, test_settings: Settings) -> None:
    # Another secret has other passwords for the two logins: the same as no logins yet.
    said = _said(
        tmp_path, "audit", "verify", DATABASE_URL=test_settings.database_url, JWT_SECRET="of another house " * 3
    )
    _is_a_sentence(said, "manage.py migrate", "JWT_SECRET")


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALOS_HOME", "")
    monkeypatch.setenv("CALOS_PORT", "")
    made = Settings(_env_file=None)
    assert (made.home.is_absolute(), made.port) == (True, 5001)


def test_streamlit_run_tells_the_same_sentence(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "JWT_SECRET"}}
    command = [str(Path(sys.executable).with_name("streamlit")), "run", "app.py", "--server.headless", "true"]
    ended = subprocess.run(
        [*command, "--server.port", str(free_port())],
        cwd=ROOT,
        env={**kept, "CALOS_HOME": str(tmp_path), "CALOS_ENV": "production"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    printed = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Error: JWT_SECRET is missing" in printed
    assert "Traceback" not in printed
