"""A TCP connection within a deadline, even where looking up the name hangs."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from . import forks

# How soon a lookup that hangs is noticed to be no longer wanted.
LOOK_EVERY_SECONDS: Final = 0.05
Found = Sequence[tuple[Any, ...]]
# As socket.getaddrinfo.
Resolve = Callable[..., Found]


@dataclass(frozen=True)
class Deadline:
    """A moment of the monotonic clock until which something must be done."""

    at: float

    def left(self) -> float:
        """Return the seconds left; TimeoutError if there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left


class _Lookup:
    """A name being looked up in a thread: the system's resolver can neither be hurried nor stopped."""

    def __init__(self, resolve: Resolve, host: str, port: int) -> None:
        self.done = threading.Event()
        self.outcome: Found | OSError = ()
        self._ask = (resolve, host, port)

    def run(self) -> None:
        resolve, host, port = self._ask
        try:
            self.outcome = resolve(host, port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as wrong:
            # UnicodeError: a label of the name is empty or too long.
            self.outcome = wrong if isinstance(wrong, OSError) else OSError(f"{host} is no host name")
        finally:
            with _LOCK:
                _PENDING.pop((os.getpid(), resolve, host, port), None)
            self.done.set()


_LOCK = forks.Lock()
# One at a time for a name: whoever asks while it hangs waits for the same one, and threads do not pile up. By process,
# since a forked child has none of its parent's threads.
_PENDING: dict[tuple[int, Resolve, str, int], _Lookup] = {}


def dial(
    host: str, port: int, deadline: Deadline, resolve: Resolve, given_up: Callable[[], bool] = lambda: False
) -> socket.socket:
    """Return a connection to the first address that takes one. OSError, of which TimeoutError is one."""
    problem = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in _addresses(host, port, deadline, resolve, given_up):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left())
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as wrong:
            problem = wrong
            sock.close()
        else:
            return sock
    raise problem


def _addresses(host: str, port: int, deadline: Deadline, resolve: Resolve, given_up: Callable[[], bool]) -> Found:
    if _is_address(host):
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    lookup = _lookup(host, port, resolve)
    while not lookup.done.wait(LOOK_EVERY_SECONDS):
        if given_up() or time.monotonic() >= deadline.at:
            raise OSError(f"looking up {host} takes too long")
    if isinstance(lookup.outcome, OSError):
        raise lookup.outcome
    return lookup.outcome


def _lookup(host: str, port: int, resolve: Resolve) -> _Lookup:
    with _LOCK:
        pending = _PENDING.get((os.getpid(), resolve, host, port))
        if pending is not None:
            return pending
        made = _PENDING[os.getpid(), resolve, host, port] = _Lookup(resolve, host, port)
    try:
        threading.Thread(target=made.run, name="calos-lookup", daemon=True).start()
    except RuntimeError as wrong:
        # The interpreter is ending, or the process may have no more threads.
        with _LOCK:
            _PENDING.pop((os.getpid(), resolve, host, port), None)
        raise OSError(str(wrong)) from wrong
    return made


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
