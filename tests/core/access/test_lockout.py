"""How long a lock-out lasts, and how it is told."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access.lockout import lock_after, locked_sentence, seconds_left


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, None), (4, None), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (12, 60), (5000, 60)],
)
def test_the_fifth_failure_locks_for_a_minute_and_each_further_one_twice_as_long(
    failures: int, minutes: int | None
) -> None:
    assert lock_after(failures) == (None if minutes is None else timedelta(minutes=minutes))


@given(st.integers(min_value=0, max_value=10**9))
def test_more_failures_never_lock_shorter(failures: int) -> None:
    assert (lock_after(failures) or timedelta()) <= (lock_after(failures + 1) or timedelta()) <= timedelta(hours=1)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (timedelta(milliseconds=3), "1 second,"),
        (timedelta(seconds=59), "59 seconds,"),
        (timedelta(seconds=60), "1 minute,"),
        (timedelta(seconds=61), "2 minutes,"),
        (timedelta(hours=1), "60 minutes,"),
    ],
)
def test_the_time_left_is_told_rounded_up(left: timedelta, told: str) -> None:
    assert f"Wait {told}" in locked_sentence(left)


def test_retry_after_is_never_zero() -> None:
    assert seconds_left(timedelta(microseconds=1)) == 1
    assert seconds_left(timedelta(seconds=59.2)) == 60
