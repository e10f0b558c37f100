"""Lock-out: how long somebody is kept out after wrong passwords in a row, and how that is said."""

import math
from datetime import timedelta

TRIES = 5
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)


def lock_after(failures: int) -> timedelta | None:
    """Return how long to lock after `failures` wrong passwords in a row: 1 min at the fifth, doubling up to 1 h."""
    if failures < TRIES:
        return None
    # Beyond ten doublings the ceiling is reached anyway, and a large power would overflow.
    return min(SHORTEST * (1 << min(failures - TRIES, 10)), LONGEST)


def seconds_left(left: timedelta) -> int:
    """Return whole seconds, rounded up, never less than 1: what `Retry-After` says."""
    return max(1, math.ceil(left.total_seconds()))


def locked_sentence(left: timedelta) -> str:
    """Return what a locked-out person is told, with the time left rounded up."""
    seconds = seconds_left(left)
    minutes = math.ceil(seconds / 60)
    if seconds < 60:
        time = "1 second" if seconds == 1 else f"{seconds} seconds"
    else:
        time = "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"Too many wrong passwords in a row. Wait {time}, then try again; nothing is lost."
