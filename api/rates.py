"""Rate limits: every route has one, per credential, and per address before anybody is known."""

import math
import time
from functools import lru_cache
from typing import NamedTuple

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

SIGN_IN = RateLimitItemPerMinute(30)
ANONYMOUS = RateLimitItemPerMinute(300)
SIGNED_IN = RateLimitItemPerMinute(1200)
# A file of everything, or a bundle of a million events, keeps a thread busy for seconds.
LONG_WORK = RateLimitItemPerMinute(20)

WINDOW_SECONDS = 60
MOST_KEYS = 10_000
RATE_HEADERS = (b"ratelimit-policy", b"ratelimit", b"retry-after")


class Allowance(NamedTuple):
    """What is left: requests in this minute, and whole seconds until one is free again."""

    allowed: bool
    limit: int
    remaining: int
    reset: int

    def pairs(self) -> list[tuple[bytes, bytes]]:
        """Return the RateLimit fields of the IETF draft, and Retry-After once nothing is left, as ASGI has headers."""
        made = [
            _policy(self.limit),
            (b"ratelimit", b'"minute";r=%d;t=%d' % (self.remaining, self.reset)),
        ]
        if not self.allowed:
            made.append((b"retry-after", b"%d" % max(1, self.reset)))
        return made

    def headers(self) -> dict[str, str]:
        """Return the same for a response of ours."""
        return {name.decode(): value.decode() for name, value in self.pairs()}


@lru_cache(maxsize=16)
def _policy(limit: int) -> tuple[bytes, bytes]:
    return b"ratelimit-policy", b'"minute";q=%d;w=60' % limit


class _Minute:
    """How many requests of one key fell into each of the last sixty seconds."""

    __slots__ = ("counts", "newest", "oldest", "total")

    def __init__(self, second: int) -> None:
        self.counts = [0] * WINDOW_SECONDS
        self.oldest = self.newest = second
        self.total = 0

    def move_to(self, second: int) -> None:
        """Forget what is a minute old by then."""
        for passed in range(self.newest + 1, min(second, self.newest + WINDOW_SECONDS) + 1):
            self.total -= self.counts[passed % WINDOW_SECONDS]
            self.counts[passed % WINDOW_SECONDS] = 0
        self.newest = max(self.newest, second)
        self.oldest = max(self.oldest, self.newest - WINDOW_SECONDS + 1)
        while self.oldest < self.newest and not self.counts[self.oldest % WINDOW_SECONDS]:
            self.oldest += 1


class DoorRate:
    """The rate of a door that takes many thousand requests a minute, counted by whole seconds.

    The library keeps the time of each request, in a list that it shifts as a whole with every one.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._known: dict[str, _Minute] = {}

    def take(self, key: str, second: int) -> Allowance:
        """Count one request of `key` in this second of a clock that never goes back."""
        minute = self._known.get(key)
        if minute is None:
            if len(self._known) >= MOST_KEYS:
                self._known = {one: seen for one, seen in self._known.items() if second - seen.newest < WINDOW_SECONDS}
            minute = self._known[key] = _Minute(second)
        elif second != minute.newest:
            minute.move_to(second)
        allowed = minute.total < self.limit
        if allowed:
            minute.total += 1
            minute.counts[second % WINDOW_SECONDS] += 1
        return Allowance(allowed, self.limit, self.limit - minute.total, minute.oldest + WINDOW_SECONDS - second)


class Rates:
    """Counters of this process. Several processes each allow the full rate: these limits guard the machine."""

    def __init__(self, door_rate: int) -> None:
        self.door = DoorRate(door_rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, limit: RateLimitItem, key: str) -> Allowance:
        """Count one request of `key` against `limit`."""
        allowed = self._limiter.hit(limit, key)
        window = self._limiter.get_window_stats(limit, key)
        # The library speaks in seconds since the epoch; only the difference leaves this function.
        wait = math.ceil(window.reset_time - time.time())  # noqa: TID251
        return Allowance(allowed, limit.amount, max(0, window.remaining), max(0, wait))
