"""Kills, stale files and spoiled data: the embedded server heals or says what to do, and nothing is left behind."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from db import embedded
from db.embedded import EmbeddedServerError
from tests.db.embedded_servers import ask, eventually, living, said

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the children of a killed process")


def test_a_killed_server_heals_with_its_committed_rows_on_the_same_port(home: Path) -> None:
    killed = embedded.start(home)
    with psycopg.connect(killed.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS row")
    # A backend in the middle of a computation does not notice that its postmaster died.
    busy = psycopg.connect(killed.url)
    busy_pid = busy.info.backend_pid
    thread = threading.Thread(target=_compute_until_killed, args=(busy,))
    thread.start()
    watcher = psycopg.connect(killed.url, autocommit=True)
    computing = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {busy_pid} AND state = 'active'"
    assert eventually(lambda: watcher.execute(computing.encode()).fetchone() == (1,))

    os.kill(killed.pid, signal.SIGKILL)
    server = embedded.start(home)

    assert server.pid != killed.pid
    assert server.port == killed.port
    assert ask(server, "SELECT row FROM kept") == 1
    assert busy_pid not in living(home)
    thread.join(10)
    assert not thread.is_alive()
    watcher.close()


def _compute_until_killed(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.OperationalError), connection:
        connection.execute("SELECT count(*) FROM generate_series(1, 100000000000)")


@on_linux
def test_a_killed_watch_takes_the_server_along_and_the_next_start_heals(home: Path) -> None:
    lost = embedded.start(home, fast_unsafe=True)
    watch = int(Path(f"/proc/{lost.pid}/stat").read_text().rpartition(")")[2].split()[1])

    os.kill(watch, signal.SIGKILL)
    assert eventually(lambda: not living(home))
    server = embedded.start(home, fast_unsafe=True)

    assert server.pid != lost.pid
    assert ask(server, "SELECT 1") == 1


def test_a_stale_pid_file_naming_a_living_stranger_is_no_obstacle_and_no_danger(home: Path) -> None:
    killed = embedded.start(home, fast_unsafe=True)
    os.kill(killed.pid, signal.SIGKILL)
    assert eventually(lambda: not living(home))
    stale = home / "postgres" / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"]) as stranger:
        stale.write_text(stale.read_text().replace(str(killed.pid), str(stranger.pid), 1))

        assert embedded.attach(home) is None
        server = embedded.start(home, fast_unsafe=True)

        assert ask(server, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_an_initialization_cut_short_is_done_again(home: Path, hold: Callable[[], subprocess.Popen[str]]) -> None:
    cut = hold()
    assert eventually(lambda: any(home.glob("postgres.init-*/data/base")))
    cut.kill()
    assert not (home / "postgres").exists()

    server = embedded.start(home, fast_unsafe=True)

    assert ask(server, "SELECT 1") == 1
    assert not list(home.glob("postgres.init-*"))


def test_a_restored_data_folder_without_its_key_gets_a_new_password(home: Path) -> None:
    before = embedded.start(home, fast_unsafe=True)
    (home / "keys" / "postgres").unlink()
    with pytest.raises(EmbeddedServerError, match="is missing while the database runs"):
        embedded.attach(home)
    embedded.stop(home)

    server = embedded.start(home, fast_unsafe=True)

    assert server.url != before.url
    assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: (data / "global" / "pg_control").unlink(), "is not a whole PostgreSQL data folder"),
        (lambda data: (data / "PG_VERSION").write_text("16\n"), "was written by PostgreSQL 16"),
        (lambda data: shutil.rmtree(data / "pg_wal"), "PostgreSQL did not start.*pg_wal"),
    ],
)
def test_spoiled_data_is_refused_with_a_sentence_and_left_alone(
    home: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    embedded.start(home, fast_unsafe=True)
    embedded.stop(home)
    spoil(home / "postgres")

    with pytest.raises(EmbeddedServerError, match=f"(?s){sentence}"):
        embedded.start(home)

    assert (home / "postgres" / "base").exists()
    assert not living(home)


def test_nothing_is_left_of_a_server_whose_holder_was_killed(
    home: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    holder = hold()
    said(holder)
    assert living(home)

    holder.kill()

    assert eventually(lambda: not living(home))
    assert not (home / "postgres" / "postmaster.pid").exists(), "it was not shut down in order"
