"""What waits to be sent, on disk within its bounds; in memory, within narrower ones, while the disk takes nothing."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import forks, segments
from .segments import Segment, Taken

SEGMENT_BYTES: Final = 400_000
SEGMENT_LINES: Final = 500
MEMORY_LINES: Final = 2_000
MEMORY_BYTES: Final = 1_000_000

log = logging.getLogger("calos")


@dataclass(frozen=True)
class Bounds:
    """What a spool may hold; beyond it the oldest leaves."""

    max_bytes: int = 10_000_000
    max_lines: int = 50_000


@dataclass
class Batch:
    """Lines to be sent together, and where they come from."""

    lines: list[bytes]
    taken: Taken | None


class Spool:
    """Lines in segment files, each of them a batch. Thread-safe; several processes may share the folder."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.folder = folder
        self.dropped = 0
        self.problem: str | None = None
        self._told_at = 1
        self._bounds = bounds
        self._segment_bytes = min(SEGMENT_BYTES, max(bounds.max_bytes // 4, 1))
        self._segment_lines = min(SEGMENT_LINES, max(bounds.max_lines // 4, 1))
        self._memory: deque[bytes] = deque()
        self._open: Segment | None = None
        self._in_hand: list[Taken] = []
        self._counts: dict[tuple[str, int], int] = {}
        self._lock = forks.Lock()
        forks.in_child(self._leave_to_the_parent)

    def append(self, lines: list[bytes]) -> None:
        """Keep lines, on disk if it takes them."""
        with self._lock:
            waiting = [*self._memory, *lines]
            try:
                while waiting:
                    room = self._room(waiting)
                    self._segment().append(waiting[:room])
                    del waiting[:room]
                self.problem = None
            except OSError as wrong:
                self._note(f"{self.folder} takes nothing ({wrong.strerror or wrong}); events wait in memory.")
                self._seal()
            self._remember(waiting)

    def sync(self) -> None:
        """Make what was appended survive a power cut."""
        with self._lock:
            try:
                if self._open is not None:
                    self._open.sync()
            except OSError as wrong:
                self._note(f"{self.folder} cannot be made durable ({wrong.strerror or wrong}).")

    def take(self) -> Batch | None:
        """Return the oldest batch, which stays ours until `done` or `back`; None if there is none."""
        with self._lock:
            # What is being written waits its turn, unless it is the only thing there is.
            own = self._open.path if self._open is not None else None
            for path in segments.listed(self.folder):
                if path == own:
                    self._seal()
                taken = segments.take(path)
                if taken is not None:
                    self.dropped += taken.torn
                    if taken.lines:
                        self._in_hand.append(taken)
                        return Batch(taken.lines, taken)
                    taken.delete()
            if self._memory:
                count = min(len(self._memory), self._segment_lines)
                return Batch([self._memory.popleft() for _ in range(count)], None)
            return None

    def done(self, batch: Batch) -> None:
        """Forget a batch: it arrived, or never will."""
        if batch.taken is not None:
            self._in_hand.remove(batch.taken)
            batch.taken.delete()

    def back(self, batch: Batch) -> None:
        """Keep a batch for later."""
        if batch.taken is not None:
            self._in_hand.remove(batch.taken)
            batch.taken.leave()
            return
        with self._lock:
            self._remember([*batch.lines, *self._memory])

    def pending(self) -> int:
        """Return how many lines wait."""
        with self._lock:
            return len(self._memory) + sum(self._count(path) for path in segments.listed(self.folder))

    def close(self) -> None:
        """Leave everything to the next process."""
        self.sync()
        with self._lock:
            self._seal()

    def clear(self) -> None:
        """Delete everything, whoever wrote it."""
        with self._lock:
            self._memory.clear()
            self._seal()
            for path in segments.listed(self.folder):
                path.unlink(missing_ok=True)

    def _segment(self) -> Segment:
        if self._open is not None and self._is_open():
            return self._open
        self._seal()
        self._make_room()
        self._open = Segment(self.folder)
        return self._open

    def _room(self, waiting: list[bytes]) -> int:
        """Return how many of the lines go into the segment at hand, one at least."""
        at_hand = self._open if self._is_open() else None
        lines, size = (at_hand.lines, at_hand.size) if at_hand is not None else (0, 0)
        room = 0
        for line in waiting[: self._segment_lines - lines]:
            size += len(line) + 1
            if room and size > self._segment_bytes:
                break
            room += 1
        return room

    def _is_open(self) -> bool:
        at_hand = self._open
        return at_hand is not None and at_hand.lines < self._segment_lines and at_hand.size < self._segment_bytes

    def _make_room(self) -> None:
        """Drop the oldest files until there is room for one more."""
        paths = segments.listed(self.folder)
        sizes = {path: _size(path) for path in paths}
        counts = {path: self._count(path) for path in paths}
        for path in paths:
            room_for_bytes = sum(sizes.values()) + self._segment_bytes <= self._bounds.max_bytes
            if room_for_bytes and sum(counts.values()) + self._segment_lines <= self._bounds.max_lines:
                return
            taken = segments.take(path)
            if taken is not None:
                taken.delete()
                self._drop(counts[path])
            del sizes[path], counts[path]

    def _remember(self, waiting: list[bytes]) -> None:
        self._memory = deque(waiting)
        size = sum(map(len, waiting))
        lost = 0
        while len(self._memory) > MEMORY_LINES or size > MEMORY_BYTES:
            size -= len(self._memory.popleft())
            lost += 1
        self._drop(lost)

    def _drop(self, count: int) -> None:
        if count:
            self.dropped += count
            if self.dropped >= self._told_at:
                self._told_at = self.dropped * 10
                log.warning("%s is full: the oldest are dropped, %d so far", self.folder, self.dropped)

    def _count(self, path: Path) -> int:
        key = (path.name, _size(path))
        if key not in self._counts:
            try:
                self._counts[key] = path.read_bytes().count(b"\n")
            except OSError:
                return 0
            if len(self._counts) > 1_000:
                self._counts = {key: self._counts[key]}
        return self._counts[key]

    def _seal(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _note(self, problem: str) -> None:
        if self.problem != problem:
            self.problem = problem
            log.warning("%s", problem)

    def _leave_to_the_parent(self) -> None:
        """A forked child begins a file of its own; what the parent remembers, the parent sends."""
        self._seal()
        self._memory = deque()
        for taken in self._in_hand:
            # A lock lives as long as any process has the file open.
            taken.leave()
        self._in_hand = []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
