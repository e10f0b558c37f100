"""Starting the embedded server: leftovers away, account, programs, cluster, port, and the process that watches it."""

import json
import os
import secrets
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from db import embedded_watch
from db.embedded_cluster import ensure_cluster, server_command
from db.embedded_layout import Layout, give_to_home, open_to, read_state, write_state
from db.embedded_locks import HOLDERS
from db.embedded_programs import Account, EmbeddedServerError, runnable_programs, server_account
from db.embedded_watch import READY, Watch, cluster_mark, end_server

# Recovery after a crash replays at most max_wal_size; beyond this a person should look at the log.
PATIENCE_SECONDS = 180.0
# Below the range from which systems take the ports of outgoing connections, so that it is free next time as well.
PORTS = range(21_000, 30_000)
PORT_ATTEMPTS = 4


def launch(layout: Layout, watch_lock: int, superuser: str, *, fast_unsafe: bool) -> None:
    """Return with the server ready, or raise EmbeddedServerError.

    The caller has the watch lock exclusively, which the watching process inherits, and holds the server.
    """
    account = server_account(layout.home)
    if account is not None:
        open_to(account, layout)
    if layout.data_dir.exists():
        end_server(layout.data_dir, cluster_mark(layout.data_dir))
        # PostgreSQL would refuse to start while the pid in it lives, even as another program's.
        (layout.data_dir / "postmaster.pid").unlink(missing_ok=True)
    programs = runnable_programs(layout.home, account)
    ensure_cluster(layout, programs, account, superuser, fast_unsafe=fast_unsafe)
    written = layout.log.stat().st_size if layout.log.exists() else 0
    for port in _free_ports(read_state(layout).get("port")):
        write_state(layout, port, superuser)
        command = server_command(layout, programs, port, fast_unsafe=fast_unsafe)
        if _spawn(layout, watch_lock, command, account):
            return
        if _is_free(port):  # then it was not the port
            break
    raise EmbeddedServerError(f"PostgreSQL did not start; correct what its log says: {_log_since(layout, written)}")


def _free_ports(last: str | None) -> Iterator[int]:
    """The last port first, so that the addresses other processes know stay right."""
    drawn = [PORTS.start + secrets.randbelow(len(PORTS)) for _ in range(200)]
    ports = [int(last), *drawn] if last else drawn
    free = (port for port in ports if _is_free(port))
    return (port for _, port in zip(range(PORT_ATTEMPTS), free, strict=False))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _spawn(layout: Layout, watch_lock: int, command: list[str], account: Account | None) -> bool:
    """Whether the server became ready; its watch has a session of its own, so that Ctrl-C reaches only its holders."""
    reader, writer = os.pipe()
    job = Watch(
        command=command,
        data_dir=str(layout.data_dir),
        holders_lock=str(layout.run / HOLDERS),
        log=str(layout.log),
        ready_fd=writer,
        uid=account.uid if account else None,
        gid=account.gid if account else None,
    )
    script = Path(embedded_watch.__file__).resolve()
    log = os.open(layout.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    give_to_home(log, layout)
    try:
        subprocess.run(  # noqa: S603 our own script; -I -S: no site packages, so it starts in 30 ms and stays small
            [sys.executable, "-I", "-S", str(script), json.dumps(asdict(job))],
            pass_fds=(watch_lock, writer),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            check=False,  # a failure is a server that does not become ready; the log has its reason
        )
    finally:
        os.close(writer)
        os.close(log)
    try:
        heard, _, _ = select.select([reader], [], [], PATIENCE_SECONDS)
        if not heard:
            raise EmbeddedServerError(f"PostgreSQL is not ready after {PATIENCE_SECONDS:.0f} s; {layout.log} says why.")
        return os.read(reader, len(READY)) == READY
    finally:
        os.close(reader)


def _log_since(layout: Layout, written: int) -> str:
    with layout.log.open("rb") as log:
        log.seek(written)
        return log.read()[-2_000:].decode(errors="replace").strip()
