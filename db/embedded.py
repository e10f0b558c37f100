"""The embedded PostgreSQL: one server a home, shared by the processes that hold it, gone when the last one is."""

import contextlib
import fcntl
import os
import socket
import struct
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from db.embedded_cluster import OWNER
from db.embedded_launch import PATIENCE_SECONDS, launch
from db.embedded_layout import Layout, is_in_use, layout_of, prepare_folders, read_state
from db.embedded_locks import (
    HOLDERS,
    WATCH,
    await_hold,
    is_watched,
    keep_hold,
    let_go,
    lock_now,
    open_lock,
    starting_or_ending,
    take_hold,
)
from db.embedded_programs import EmbeddedServerError, installation
from db.embedded_watch import cluster_mark, end_server, postmaster, server_processes

__all__ = ["EmbeddedServerError", "Server", "attach", "installation", "release", "start", "stop"]

POLL_SECONDS = 0.01
ANSWER_SECONDS = 5.0
# The shortest question of the PostgreSQL protocol: its length and the code 1234.5679 ("do you speak TLS?").
SSL_REQUEST = struct.pack("!ihh", 8, 1234, 5679)


@dataclass(frozen=True)
class Server:
    """A running server; `url` contains the password, so it is left out of the repr."""

    url: str = field(repr=False)
    pid: int
    port: int
    data_dir: Path


def start(home: Path, *, superuser: str = OWNER, fast_unsafe: bool = False) -> Server:
    """The server of this home, created, started or healed as needed, and held by this process until it ends.

    It may be called again at any time: with a running server it costs milliseconds, after a crash it heals, on the
    same port unless another program took that. `fast_unsafe` gives up durability, for throw-away data only; a server
    already running keeps its ways. Raises EmbeddedServerError.
    """
    layout = layout_of(home)
    prepare_folders(layout)
    with starting_or_ending(layout), contextlib.ExitStack() as undo:
        hold = await_hold(layout)
        undo.callback(os.close, hold)
        server = _running_or_launched(layout, superuser, fast_unsafe=fast_unsafe)
        undo.pop_all()
        keep_hold(layout, hold)
    return server


def attach(home: Path) -> Server | None:
    """The running server of this home, held by this process from now on; None if none is ready (nothing is made).

    Raises EmbeddedServerError when the home is another user's.
    """
    layout = layout_of(home)
    if not is_in_use(layout) or (hold := take_hold(layout)) is None:
        return None
    with contextlib.ExitStack() as undo:
        undo.callback(os.close, hold)
        server = _running(layout)
        if server is not None:
            undo.pop_all()
            keep_hold(layout, hold)
    return server


def release(home: Path) -> None:
    """Give up this process's hold; if it was the last one, the server has ended on return."""
    layout = layout_of(home)
    if not is_in_use(layout):
        return
    with starting_or_ending(layout):
        let_go(layout)
        holders = open_lock(layout, HOLDERS)
        try:
            if lock_now(holders, fcntl.LOCK_EX):
                _shut_down(layout)
            elif not lock_now(holders, fcntl.LOCK_SH):  # its watch was faster and is ending it
                _await_watch_end(layout)
        finally:
            os.close(holders)


def stop(home: Path) -> None:
    """End the server, whoever holds it (fast shutdown), and wait for it; without a server nothing happens."""
    layout = layout_of(home)
    if not is_in_use(layout):
        return
    with starting_or_ending(layout):
        let_go(layout)
        _shut_down(layout)


def _shut_down(layout: Layout) -> None:
    if layout.data_dir.exists():
        end_server(layout.data_dir, cluster_mark(layout.data_dir))
        _await_watch_end(layout)


def _await_watch_end(layout: Layout) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_watched(layout):
        if time.monotonic() > deadline:
            raise EmbeddedServerError(_out_of_sight(layout))
        time.sleep(POLL_SECONDS)


def _running_or_launched(layout: Layout, superuser: str, *, fast_unsafe: bool) -> Server:
    known = read_state(layout).get("superuser", superuser)
    if known != superuser and layout.data_dir.exists():
        raise EmbeddedServerError(f"The database of {layout.home} was created for the login {known}: ask for that one.")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if (server := _running(layout)) is not None:
            return server
        lock = open_lock(layout, WATCH)
        try:
            # Somebody else's watch means a server that starts, runs or stops; without one nobody else can start it.
            if lock_now(lock, fcntl.LOCK_EX):
                launch(layout, lock, superuser, fast_unsafe=fast_unsafe)
                continue
        finally:
            os.close(lock)
        time.sleep(POLL_SECONDS)
    raise EmbeddedServerError(_out_of_sight(layout))


def _out_of_sight(layout: Layout) -> str:
    return (
        f"Another process keeps the database of {layout.home} without it becoming ready or ending: read {layout.log}, "
        "and look whether another container or machine uses this folder; end it there and try again."
    )


def _running(layout: Layout) -> Server | None:
    chief = postmaster(layout.data_dir)
    if chief is None or not chief.ready or not is_watched(layout):
        return None
    if chief.pid not in server_processes(cluster_mark(layout.data_dir)) or not _answers(chief.port):
        return None
    login = f"{quote(read_state(layout).get('superuser', OWNER), safe='')}:{quote(_password(layout), safe='')}"
    return Server(f"postgresql://{login}@127.0.0.1:{chief.port}/postgres", chief.pid, chief.port, layout.data_dir)


def _answers(port: int) -> bool:
    """A process that is being killed is still listed for a moment; only a living postmaster answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as probe:
            probe.sendall(SSL_REQUEST)
            return probe.recv(1) != b""
    except OSError:
        return False


def _password(layout: Layout) -> str:
    try:
        return layout.password_file.read_text().strip()
    except FileNotFoundError as missing:
        raise EmbeddedServerError(
            f"{layout.password_file} is missing while the database runs: restore it, or end all processes of Calos and "
            "start again, which sets a new password."
        ) from missing
