"""The file locks around one embedded server: who starts it, who watches it, who holds it.

The kernel drops the locks of the dead. Each is tied to its open descriptor, shared by the children that inherit it.
"""

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from db.embedded_layout import Layout, give_to_home
from db.embedded_programs import EmbeddedServerError

START = "start.lock"  # exclusive while a process starts or ends the server
WATCH = "watch.lock"  # exclusive as long as a watching process lives
HOLDERS = "holders.lock"  # shared by every process that uses the server; exclusive while its watch ends it

_kept: dict[Path, int] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def starting_or_ending(layout: Layout) -> Iterator[None]:
    """One process (or thread) at a time."""
    descriptor = open_lock(layout, START)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def open_lock(layout: Layout, name: str) -> int:
    """A descriptor of the lock's file, not yet locked."""
    path = layout.run / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as refused:
        raise EmbeddedServerError(
            f"{path} can't be opened ({refused.strerror}): run this as the user who started Calos, or set DATABASE_URL."
        ) from refused
    give_to_home(descriptor, layout)
    return descriptor


def lock_now(descriptor: int, kind: int) -> bool:
    """Whether the lock (`fcntl.LOCK_EX` or `LOCK_SH`) could be had without waiting."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_watched(layout: Layout) -> bool:
    """Whether a watching process lives; where folders are shared between containers, perhaps in another one."""
    descriptor = open_lock(layout, WATCH)
    try:
        return not lock_now(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def take_hold(layout: Layout) -> int | None:
    """A hold to be kept or closed, or None while a watch is ending the server."""
    descriptor = open_lock(layout, HOLDERS)
    if lock_now(descriptor, fcntl.LOCK_SH):
        return descriptor
    os.close(descriptor)
    return None


def await_hold(layout: Layout) -> int:
    """A hold to be kept or closed; a watch that is ending the server is waited for (it kills what takes too long)."""
    descriptor = open_lock(layout, HOLDERS)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def keep_hold(layout: Layout, descriptor: int) -> None:
    """From now on this process holds the server until `let_go` or its end; one hold a process is enough."""
    with _guard:
        if layout.home in _kept:
            os.close(descriptor)
        else:
            _kept[layout.home] = descriptor


def let_go(layout: Layout) -> None:
    """Drop this process's hold, if it has one."""
    with _guard:
        descriptor = _kept.pop(layout.home, None)
        if descriptor is not None:
            os.close(descriptor)
