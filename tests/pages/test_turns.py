"""Only some page runs work at once, a run that ends badly gives its turn back, and nobody waits forever."""

import threading
from contextlib import ExitStack

import pytest

from pages.parts.turns import AT_ONCE, turn


def test_the_next_run_starts_when_one_ends() -> None:
    entered, leave = threading.Event(), threading.Event()

    def late() -> None:
        with turn(patience=60):
            entered.set()
            leave.wait(60)

    waiting = threading.Thread(target=late)
    with ExitStack() as others:
        for _ in range(AT_ONCE - 1):
            others.enter_context(turn())
        with turn():
            waiting.start()
            assert not entered.wait(0.2)
        assert entered.wait(60)
        leave.set()
        waiting.join(60)


def test_a_run_that_ends_badly_gives_its_turn_back() -> None:
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ValueError, match="stopped"), turn(patience=60):
            raise ValueError("stopped")
    with ExitStack() as all_of_them:
        for _ in range(AT_ONCE):
            all_of_them.enter_context(turn(patience=60))


def test_whoever_has_waited_long_enough_runs_anyway() -> None:
    with ExitStack() as hanging:
        for _ in range(AT_ONCE):
            hanging.enter_context(turn())
        with turn(patience=0):
            pass
