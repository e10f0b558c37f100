"""When something that could not be sent is tried again: ever later, with some chance in it."""

import random
from datetime import datetime, timedelta
from typing import Final

# After the first, second, … failure; beyond the last it is given up. Mail servers come back within days.
MAIL: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
# The schedule that the Standard Webhooks specification recommends.
DELIVERY: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
# So much later at most, so that a receiver that comes back is not run over by all that waited for it.
JITTER: Final = 0.1
LONGEST: Final = timedelta(days=2)


def next_try(
    waits: tuple[timedelta, ...], failures: int, now: datetime, *, asked: float | None = None
) -> datetime | None:
    """Return when to try again after so many failures, or None: give it up.

    `asked` are the seconds of the receiver's own Retry-After; it is heard, up to two days.
    """
    if failures > len(waits):
        return None
    wait = waits[failures - 1] * (1 + random.random() * JITTER)  # noqa: S311 - spreads load, hides nothing
    if asked is not None:
        wait = max(wait, min(timedelta(seconds=asked), LONGEST))
    return now + wait
