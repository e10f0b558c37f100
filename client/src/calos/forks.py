"""What must begin anew in a forked child (a preloading web server forks its workers): threads, locks, open files."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable

_ALL: list[weakref.WeakMethod[Callable[[], None]]] = []


def in_child(renew: Callable[[], None]) -> None:
    """Call a bound method in every forked child, for as long as its object lives."""
    _ALL[:] = [one for one in _ALL if one() is not None]
    _ALL.append(weakref.WeakMethod(renew))


class Lock:
    """A lock that is free in a forked child, where whoever held it does not exist."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        in_child(self._renew)

    def acquire(self, timeout: float = -1) -> bool:
        """Take the lock within so many seconds (however long it takes, by default); whether it was taken."""
        return self._lock.acquire(timeout=timeout)

    def release(self) -> None:
        """Let others take it."""
        self._lock.release()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.Lock()


def _forked() -> None:
    for one in list(_ALL):
        renew = one()
        if renew is not None:
            renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
