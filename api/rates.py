"""Rate limits: every route has one, per credential, and per address before anybody is known."""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

SIGN_IN = RateLimitItemPerMinute(30)
ANONYMOUS = RateLimitItemPerMinute(300)
SIGNED_IN = RateLimitItemPerMinute(1200)
# A file of everything keeps a thread busy for seconds.
EXPORTS = RateLimitItemPerMinute(20)


@dataclass(frozen=True)
class Allowance:
    """What is left: requests in this minute, and whole seconds until one is free again."""

    allowed: bool
    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return the RateLimit fields of the IETF draft, and Retry-After once nothing is left."""
        made = {
            "RateLimit-Policy": f'"minute";q={self.limit};w=60',
            "RateLimit": f'"minute";r={self.remaining};t={self.reset}',
        }
        if not self.allowed:
            made["Retry-After"] = str(max(1, self.reset))
        return made


class Rates:
    """Counters of this process. Several processes each allow the full rate: these limits guard the machine."""

    def __init__(self, door_rate: int) -> None:
        self.door = RateLimitItemPerMinute(door_rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, limit: RateLimitItem, key: str) -> Allowance:
        """Count one request of `key` against `limit`."""
        allowed = self._limiter.hit(limit, key)
        window = self._limiter.get_window_stats(limit, key)
        # The library speaks in seconds since the epoch; only the difference leaves this function.
        wait = math.ceil(window.reset_time - time.time())  # noqa: TID251
        return Allowance(allowed, limit.amount, max(0, window.remaining), max(0, wait))
