"""How many events an install may send: a rate a minute and a number a UTC day, by tier."""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from core.errors import LimitReached
from core.periods import midnight

MOST_REMEMBERED: Final = 100_000


@dataclass(frozen=True, slots=True)
class IngestLimit:
    """Events a minute (also the largest burst; never below a whole batch) and accepted events a UTC day."""

    per_minute: int
    per_day: int


# A free install with a handful of people sends some hundreds of events a day; each tier has room for ten times the
# usage its API limit (U2) implies. Nothing is unlimited: a client gone wild must meet an end.
LIMITS: Final[Mapping[str, IngestLimit]] = {
    "free": IngestLimit(2_000, 20_000),
    "basic": IngestLimit(6_000, 200_000),
    "pro": IngestLimit(20_000, 2_000_000),
    "enterprise": IngestLimit(120_000, 50_000_000),
}
NO_LIMITS: Final[Mapping[str, IngestLimit]] = dict.fromkeys(LIMITS, IngestLimit(10**12, 10**15))


@dataclass(slots=True)
class _Use:
    """What one install has used, as far as this process knows."""

    at: datetime
    tokens: float
    day: str
    accepted: int
    under_way: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of the day's quota, and whole seconds until it is new again."""

    limit: int
    remaining: int
    reset: int


class Quotas:
    """The use of each install.

    The day's total comes from the database with every batch written, so several processes agree on it but for the
    batches under way; the rate a minute is each process's own, since it guards the process.
    """

    def __init__(self, limits: Mapping[str, IngestLimit] = LIMITS) -> None:
        self._limits = limits
        self._uses: OrderedDict[str, _Use] = OrderedDict()

    def knows(self, install_id: str, now: datetime) -> bool:
        """Whether the install's total of this UTC day is known here."""
        use = self._uses.get(install_id)
        return use is not None and use.day == _day(now)

    def learn(self, install_id: str, tier_id: str, accepted: int, now: datetime) -> None:
        """Note the total that the database has for this UTC day."""
        use = self._uses.get(install_id)
        if use is None:
            use = self._uses[install_id] = _Use(now, self._limit(tier_id).per_minute, _day(now), accepted)
        elif use.day != _day(now):
            use.day, use.accepted = _day(now), accepted
        else:
            use.accepted = max(use.accepted, accepted)
        self._uses.move_to_end(install_id)
        if len(self._uses) > MOST_REMEMBERED:
            self._uses.popitem(last=False)

    def take(self, install_id: str, tier_id: str, count: int, now: datetime) -> None:
        """Count a batch of `count` events as under way, or raise LimitReached with the seconds to wait."""
        limit, use = self._limit(tier_id), self._uses[install_id]
        left = limit.per_day - use.accepted - use.under_way
        if count > left:
            raise LimitReached(
                f"This install may send {limit.per_day:,} events a day and has {max(0, left):,} left, fewer than this "
                "batch. Keep the events and send them after midnight UTC, or ask for a higher tier.",
                retry_after=_until_midnight(now),
                code="daily_events_reached",
            )
        elapsed = max(0.0, (now - use.at).total_seconds())
        use.tokens = min(float(limit.per_minute), use.tokens + elapsed * limit.per_minute / 60)
        use.at = max(now, use.at)
        if count > use.tokens:
            wait = math.ceil((count - use.tokens) * 60 / limit.per_minute)
            raise LimitReached(
                f"This install may send {limit.per_minute:,} events a minute. Send this batch again in {wait} s.",
                retry_after=wait,
                code="event_rate_reached",
            )
        use.tokens -= count
        use.under_way += count

    def settle(self, install_id: str, count: int, today: int | None, now: datetime) -> None:
        """Count a batch as done; `today` is the day's total after it, or None if it was not written."""
        use = self._uses.get(install_id)
        if use is None:
            return
        use.under_way = max(0, use.under_way - count)
        if today is not None and use.day == _day(now):
            use.accepted = max(use.accepted, today)

    def standing(self, install_id: str, tier_id: str, now: datetime) -> Standing:
        """Return what is left to an install today."""
        limit, use = self._limit(tier_id).per_day, self._uses.get(install_id)
        used = use.accepted + use.under_way if use is not None and use.day == _day(now) else 0
        return Standing(limit, max(0, limit - used), _until_midnight(now))

    def _limit(self, tier_id: str) -> IngestLimit:
        # A tier that somebody added to the data, not here, gets the middle of the road.
        return self._limits.get(tier_id) or self._limits["pro"]


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _until_midnight(now: datetime) -> int:
    return math.ceil((midnight(now.astimezone(UTC).date() + timedelta(days=1)) - now).total_seconds())
