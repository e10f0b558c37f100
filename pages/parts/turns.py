"""How many page runs work at once, so that a crowd at the pages leaves the API and the sockets their share."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Python runs one thread at a time. With fifty runs at once nobody's page was sooner, and a request of the API waited
# behind all fifty each time it came back from the database: 23 s for what takes 8 ms (docs/performance.md).
AT_ONCE: Final = 4
# Runs that hang, on a lock or on somebody else's server, must not close the pages for everybody.
PATIENCE_SECONDS: Final = 15.0

_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn(patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Wait for a turn, at most `patience` seconds, and run then in any case."""
    given = _turns.acquire(timeout=patience)
    try:
        yield
    finally:
        if given:
            _turns.release()
