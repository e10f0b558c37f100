"""Asking embedded servers and the processes that hold them."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from db import embedded
from db.embedded_watch import cluster_mark, server_processes

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import json, sys
from pathlib import Path
from db import embedded
server = embedded.start(Path(sys.argv[1]), fast_unsafe=True)
print(json.dumps({"url": server.url, "pid": server.pid}), flush=True)
sys.stdin.read()
"""


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
