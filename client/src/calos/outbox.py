"""Lines on their way out: from memory to disk within a moment, from disk to the vendor when it answers."""

from __future__ import annotations

import random
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final

from . import forks
from .background import Background
from .delivery import UNREADABLE, Destination, Record, deliver, give_up
from .errors import ClientError, Unreachable
from .pacing import JITTER, back_off
from .spool import Spool

QUEUE_LINES: Final = 10_000
QUEUE_BYTES: Final = 4_000_000
# Lines of so long a moment are written together; this is what a kill -9 can cost.
GATHER_SECONDS: Final = 0.02
# And this is what a power cut can cost.
SYNC_EVERY_SECONDS: Final = 1.0
FIRST_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 3_600.0
BATCH_IS_FULL: Final = 500
TRIES: Final = 3


class Outbox:
    """Takes lines without ever waiting; a thread of its own sends them. Without a destination it only keeps them."""

    def __init__(self, spool: Spool, to: Destination | None, *, name: str, flush_seconds: float) -> None:
        self.spool = spool
        self.record = Record()
        self.problem: str | None = None
        self._to = to
        self._flush_seconds = flush_seconds
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._lost = 0
        self._lock = forks.Lock()
        self._sending = forks.Lock()
        self._writing = forks.Lock()
        self._failures = 0
        self._tries: dict[str, int] = {}
        self._rests_until = 0.0
        self._synced_at = 0.0
        self._waiting = 0
        self._begun = False
        self._allowed: weakref.WeakMethod[Callable[[], bool]] | None = None
        self._note_sent: weakref.WeakMethod[Callable[[], None]] | None = None
        self._writer = Background(f"{name}-spool", self._write_out)
        self._sender = Background(f"{name}-send", self._send_out)
        forks.in_child(self._leave_to_the_parent)

    def on_sent(self, note: Callable[[], None]) -> None:
        """Call a bound method after each batch that was sent."""
        self._note_sent = weakref.WeakMethod(note)

    def only_while(self, allowed: Callable[[], bool]) -> None:
        """Ask a bound method before every write and every sending; nothing is kept or sent once it says no."""
        self._allowed = weakref.WeakMethod(allowed)

    @property
    def dropped(self) -> int:
        """How many lines were lost for want of room."""
        return self._lost + self.spool.dropped

    def start(self) -> None:
        """Begin to send what an earlier process left."""
        self._writer.ensure()
        if self._to is not None:
            self._sender.ensure()

    def put(self, line: bytes) -> None:
        """Take a line; the oldest leaves where there is no room."""
        with self._lock:
            self._queue.append(line)
            self._queued_bytes += len(line)
            while len(self._queue) > QUEUE_LINES or self._queued_bytes > QUEUE_BYTES:
                self._queued_bytes -= len(self._queue.popleft())
                self._lost += 1
        self.start()
        self._writer.wake()

    def sync(self) -> None:
        """Bring everything taken so far to disk, durably."""
        self._write()
        self.spool.sync()

    def flush(self, timeout: float) -> bool:
        """Send everything now; whether nothing is left. Rests that the vendor asked for are kept."""
        self._write()
        ends = time.monotonic() + timeout
        while self._to is not None and time.monotonic() < ends and self._rests_until <= time.monotonic():
            if not self._send_one(ends - time.monotonic()):
                break
        return self.spool.pending() == 0

    def pending(self) -> int:
        """Return how many lines wait."""
        with self._lock:
            queued = len(self._queue)
        return queued + self.spool.pending()

    def close(self, timeout: float) -> None:
        """Bring everything to disk, try once to send it, and end; what is left is the next process's."""
        self._writer.stop(0.0)
        self.sync()
        if timeout > 0:
            self.flush(timeout)
        self._sender.stop(0.0)
        if self._to is not None:
            self._to.transport.abort()
        self._writer.stop(1.0)
        self._sender.stop(1.0)
        self._write()
        self.spool.close()

    def clear(self) -> None:
        """End, and delete everything that waits, unsent."""
        self._sender.stop(0.0)
        self._writer.stop(0.0)
        if self._to is not None:
            self._to.transport.abort()
        self._writer.stop(1.0)
        self._sender.stop(1.0)
        with self._lock:
            self._queue.clear()
            self._queued_bytes = 0
        self.spool.clear()

    def _write_out(self) -> float:
        if self._queue:
            time.sleep(GATHER_SECONDS)
            self._write()
        if time.monotonic() - self._synced_at < SYNC_EVERY_SECONDS:
            return SYNC_EVERY_SECONDS
        self._synced_at = time.monotonic()
        self.spool.sync()
        return IDLE_SECONDS

    def _write(self) -> None:
        with self._writing:
            with self._lock:
                lines, self._queue, self._queued_bytes = list(self._queue), deque(), 0
            if lines and self._is_allowed():
                self.spool.append(lines)
        self._waiting += len(lines)
        if self._waiting >= BATCH_IS_FULL:
            self._waiting = 0
            self._sender.wake()

    def _send_out(self) -> float:
        if not self._begun:
            # What comes first has company soon, and a fleet that restarts does not ring all at once.
            self._begun = True
            return min(self._flush_seconds, FIRST_SECONDS) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
        left = self._rests_until - time.monotonic()
        if left > 0:
            return left
        if self._send_one(timeout=IDLE_SECONDS):
            return 0.0
        rests = self._rests_until - time.monotonic()
        return rests if rests > 0 else self._flush_seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load

    def _send_one(self, timeout: float) -> bool:
        """Send the oldest batch; whether there was one and it needs no resending."""
        if self._to is None or not self._is_allowed() or not self._sending.acquire(timeout):
            return False
        try:
            batch = self.spool.take()
            if batch is None:
                return False
            try:
                deliver(self._to, batch.lines, self.record, timeout=timeout)
            except ClientError as wrong:
                self._missed(wrong)
                if isinstance(wrong, Unreachable) and wrong.status in UNREADABLE and self._tried(batch.lines):
                    give_up(batch.lines, wrong, self.record)
                    self.spool.done(batch)
                else:
                    self.spool.back(batch)
                self._is_allowed()
                return False
            self.spool.done(batch)
            self.problem, self._failures = None, 0
            note = self._note_sent() if self._note_sent is not None else None
            if note is not None:
                note()
            return True
        finally:
            self._sending.release()

    def _is_allowed(self) -> bool:
        allowed = self._allowed() if self._allowed is not None else None
        return allowed is None or allowed()

    def _missed(self, wrong: ClientError) -> None:
        self.problem = str(wrong)
        self._failures += 1
        told = wrong.retry_after if isinstance(wrong, Unreachable) else None
        self._rests_until = time.monotonic() + back_off(self._failures, first=5.0, longest=900.0, rest=told)

    def _tried(self, lines: list[bytes]) -> bool:
        """Count a try of the batch that begins with this line; whether that was the last."""
        first = lines[0].decode("utf-8", "replace")
        tries = self._tries.get(first, 0) + 1
        self._tries = {first: tries}
        return tries >= TRIES

    def _leave_to_the_parent(self) -> None:
        self._queue = deque()
        self._queued_bytes = 0
