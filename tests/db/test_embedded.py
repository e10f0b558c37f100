"""The embedded server: durable, on the loopback only, shared by its holders, stopped in order."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from db import embedded
from db.embedded import EmbeddedServerError
from tests.db.embedded_servers import ask, eventually, living, said


def test_a_new_server_is_durable_checked_utf8_and_only_on_the_loopback(home: Path) -> None:
    server = embedded.start(home)

    expected = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "jit": "off",
        "huge_pages": "off",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "log_min_duration_statement": "500ms",
    }
    assert {name: ask(server, f"SHOW {name}") for name in expected} == expected
    assert ask(server, "SELECT current_user || ' ' || upper('ß é') || ' ' || current_setting('is_superuser')") == (
        "calos_owner ß É on"
    )
    assert (home / "keys" / "postgres").stat().st_mode & 0o777 == 0o600
    assert (home / "postgres").stat().st_uid != 0
    assert "listening on IPv4" in (home / "logs" / "postgres.log").read_text()
    assert server.url not in repr(server)


def test_a_wrong_password_is_refused(home: Path) -> None:
    server = embedded.start(home, fast_unsafe=True)
    password = (home / "keys" / "postgres").read_text()

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url.replace(password, "guess"))


def test_throw_away_data_may_be_written_unsafely(home: Path) -> None:
    server = embedded.start(home, fast_unsafe=True)

    assert [ask(server, f"SHOW {name}") for name in ("fsync", "full_page_writes", "synchronous_commit")] == ["off"] * 3


def test_another_process_shares_the_server_and_keeps_it_when_the_first_goes(
    home: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    assert embedded.attach(home) is None
    assert not home.exists()
    first = hold()
    _, pid = said(first)

    server = embedded.attach(home)
    first.communicate("")
    time.sleep(0.5)  # twice the time its watch needs to see that nobody holds it

    assert server is not None
    assert server.pid == pid
    assert ask(server, "SELECT 1") == 1
    assert embedded.start(home) == server
    embedded.release(home)
    assert not living(home)
    assert embedded.attach(home) is None


def test_starters_at_the_same_moment_get_one_server(home: Path, hold: Callable[[], subprocess.Popen[str]]) -> None:
    holders = [hold() for _ in range(3)]

    assert len({said(holder) for holder in holders}) == 1


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(
    home: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    _, pid = said(hold())

    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


def test_stopping_is_complete_whoever_holds_it_and_may_be_repeated(
    home: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    embedded.stop(home)
    assert not home.exists()
    said(hold())

    embedded.stop(home)
    assert not living(home)
    embedded.stop(home)

    assert embedded.attach(home) is None
    assert ask(embedded.start(home, fast_unsafe=True), "SELECT 1") == 1


def test_a_taken_port_is_replaced(home: Path) -> None:
    before = embedded.start(home, fast_unsafe=True)
    embedded.stop(home)
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", str(before.port), "--bind", "127.0.0.1"], stderr=subprocess.DEVNULL
    ) as squatter:
        assert eventually(lambda: not nobody_answers(before.port))

        server = embedded.start(home, fast_unsafe=True)

        assert server.port != before.port
        assert ask(server, "SELECT 1") == 1
        squatter.kill()


def nobody_answers(port: int) -> bool:
    """Whether nobody answers there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_log_is_limited(home: Path) -> None:
    server = embedded.start(home, fast_unsafe=True)
    log = home / "logs" / "postgres.log"
    with log.open("a") as file:
        file.write("x" * 10_000_001)

    assert eventually(lambda: log.stat().st_size == 0)
    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(server, "SELECT 1 FROM absent")
    assert "absent" in log.read_text()
    assert (home / "logs" / "postgres.log.1").stat().st_size > 10_000_000


def test_another_login_than_the_first_is_refused(home: Path) -> None:
    embedded.start(home, superuser="first owner", fast_unsafe=True)

    with pytest.raises(EmbeddedServerError, match="created for the login first owner"):
        embedded.start(home)
    server = embedded.attach(home)
    assert server is not None
    assert ask(server, "SELECT current_user") == "first owner"
