"""What time it is as far as can be known: the wall clock, held against what was signed and what has run since."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from . import forks
from .storage import StateFolder
from .wire import instant, written

FILE: Final = "clock.json"
TOLERANCE: Final = timedelta(hours=24)
PERSIST_EVERY: Final = timedelta(minutes=10)

Clock = Callable[[], datetime]
_ZERO = timedelta(0)


def system_clock() -> datetime:
    """Return the wall clock's time, in UTC."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Reading:
    """The time to judge by; `turned_back`: the wall clock is behind what it must be by more than the tolerance."""

    at: datetime
    turned_back: bool


class ClockGuard:
    """Time that does not run backwards: at least the highest known before (kept on disk), plus what has run since.

    A fresh signed answer sets it, whatever the wall clock says. A wall clock that jumps ahead is believed while it
    does, and leaves no mark, so that setting it right again mends everything.
    """

    def __init__(
        self,
        folder: StateFolder,
        *,
        clock: Clock = system_clock,
        monotonic: Callable[[], float] = time.monotonic,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._monotonic = monotonic
        self._tolerance = tolerance
        self._lock = forks.Lock()
        # How far the wall clock was off when a signed answer told the time.
        self._skew = _ZERO
        kept = _kept(folder)
        wall = clock()
        self._set(wall if kept is None else max(wall, kept))
        self._persisted: datetime | None = kept
        self.persist()

    def read(self) -> Reading:
        """Return the time, and whether the wall clock was turned back."""
        with self._lock:
            return self._read()

    def at_least(self, known: datetime) -> None:
        """Take note that it is no earlier than this: something signed says so."""
        with self._lock:
            if known > self._steady():
                self._set(known)
        self.persist()

    def confirm(self, signed: datetime) -> None:
        """Take a time signed just now, in answer to our own question, for the truth."""
        with self._lock:
            self._set(signed)
            self._skew = self._clock() - signed
            self._persisted = None
        self.persist()

    def persist(self) -> None:
        """Keep the mark on disk, every ten minutes at most."""
        with self._lock:
            mark = self._steady()
            if self._persisted is not None and mark - self._persisted < PERSIST_EVERY:
                return
            self._persisted = mark
        self._folder.write(FILE, json.dumps({"noEarlierThan": written(mark)}).encode())

    def _read(self) -> Reading:
        steady, wall = self._steady(), self._clock()
        # The wall clock may have been set right since it was found to be off: the likelier of the two is meant.
        likelier = min(wall, wall - self._skew, key=lambda at: abs(at - steady))
        return Reading(max(likelier, steady), likelier < steady - self._tolerance)

    def _steady(self) -> datetime:
        return self._base + timedelta(seconds=self._monotonic() - self._since)

    def _set(self, at: datetime) -> None:
        self._base, self._since = at, self._monotonic()


def _kept(folder: StateFolder) -> datetime | None:
    raw = folder.read(FILE)
    try:
        return instant(json.loads(raw)["noEarlierThan"]) if raw else None
    except (ValueError, KeyError, TypeError):
        # Half a file or somebody's edit; the cached answer is signed and says when it was made.
        return None
