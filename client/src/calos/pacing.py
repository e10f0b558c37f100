"""When to ask again: when the vendor said, give or take a tenth; after a failure soon, and then ever more rarely."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final

JITTER: Final = 0.1
BACK_OFF_JITTER: Final = 0.2
SOONEST_SECONDS: Final = 60.0
LONGEST_WAIT_SECONDS: Final = 86_400.0
# Two clocks are looked at so often: one stands still while a machine is suspended.
LOOK_EVERY_SECONDS: Final = 60.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (a number or a date), a day at most; None without one."""
    said = headers.get("retry-after", "").strip()
    if not said:
        return None
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), LONGEST_WAIT_SECONDS)
    try:
        at = parsedate_to_datetime(said)
    except (TypeError, ValueError, IndexError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or timezone.utc) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def back_off(failures: int, *, first: float, longest: float, rest: float | None = None) -> float:
    """Return the seconds to wait after so many failures in a row: doubled each time, ± 20 %, and no less than told."""
    wait = min(first * 2.0 ** min(max(failures - 1, 0), 30), longest)
    return max(wait * random.uniform(1 - BACK_OFF_JITTER, 1 + BACK_OFF_JITTER), rest or 0.0)  # noqa: S311 - spreads load, guards nothing


class Pacing:
    """When the next question is due, by the monotonic clock or, after a machine was suspended, by the wall clock."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._due = monotonic()
        self._due_at: datetime | None = None
        self._failures = 0

    def is_due(self, at: datetime) -> bool:
        """Whether to ask now, `at` being the time."""
        return self._monotonic() >= self._due or (self._due_at is not None and at >= self._due_at)

    def answered(self, interval: timedelta, at: datetime) -> None:
        """Plan the next question after an answer that is good for `interval`."""
        self._failures = 0
        wanted = interval.total_seconds() * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load
        self._plan(max(wanted, SOONEST_SECONDS), at)

    def missed(self, told: float | None, at: datetime) -> None:
        """Plan the next question after none was answered; `told` are seconds that a Retry-After asked for."""
        self._failures += 1
        self._plan(back_off(self._failures, first=60.0, longest=3_600.0, rest=told), at)

    def seconds_left(self) -> float:
        """Return how long to sleep before looking again."""
        return min(max(self._due - self._monotonic(), 0.0), LOOK_EVERY_SECONDS)

    def _plan(self, seconds: float, at: datetime) -> None:
        self._due = self._monotonic() + seconds
        self._due_at = at + timedelta(seconds=seconds)
