"""A thread in the background that works when it is due, ends with its owner, and starts anew in a forked child."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Final

from . import forks
from .shield import shielded

AFTER_A_BUG_SECONDS: Final = 60.0

Work = Callable[[], float]


class Background:
    """Calls `work` at once and then whenever the seconds it returned have passed, or it is woken."""

    def __init__(self, name: str, work: Work) -> None:
        self._name = name
        # Held weakly: an owner who is forgotten is not kept alive by its own thread, which then ends.
        self._work = weakref.WeakMethod(work, lambda _: self.wake())
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._woken = threading.Event()
        self._lock = forks.Lock()
        forks.in_child(self._renew)

    def ensure(self) -> None:
        """Start the thread if there is none (never after stop); costs next to nothing if there is."""
        if self._thread is not None or self._stopped:
            return
        with self._lock:
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=_run, args=(self._work, self), name=self._name, daemon=True)
                shielded(self._thread.start)

    def wake(self) -> None:
        """Have the work done now."""
        self._woken.set()

    def stop(self, timeout: float) -> bool:
        """End the thread once its work at hand is done; whether it has ended within the seconds given."""
        self._stopped = True
        self._woken.set()
        thread = self._thread
        if thread is None or thread is threading.current_thread() or not thread.is_alive():
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def sleep(self, seconds: float) -> bool:
        """Sleep so long, or until woken; whether to go on."""
        if not self._stopped:
            self._woken.wait(max(seconds, 0.0))
        self._woken.clear()
        return not self._stopped

    def _renew(self) -> None:
        self._thread = None
        self._woken = threading.Event()


def _run(work: weakref.WeakMethod[Work], of: Background) -> None:
    going = True
    while going:
        method = work()
        if method is None:
            return
        seconds = shielded(method)
        del method
        going = of.sleep(AFTER_A_BUG_SECONDS if seconds is None else seconds)
