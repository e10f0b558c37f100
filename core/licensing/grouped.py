"""Work done once for all who wait together, begun after each of them came: group commit, and group read."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Grouped(Generic[Item, Result]):
    """Collects items while a run is under way; the next run takes all of them. `run` returns one result an item.

    Nothing outlives a run: whoever asks later is served by a later one. A run that fails fails all who shared it. Made
    in the event loop that uses it.
    """

    def __init__(self, run: Callable[[Sequence[Item]], Coroutine[Any, Any, Sequence[Result]]], most: int = 500) -> None:
        self._run = run
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running: asyncio.Task[Sequence[Result]] | None = None
        self._begins = False

    def ask(self, item: Item) -> "asyncio.Future[Result]":
        """Return this item's result, to be awaited, of the first run that begins from now on."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((item, future))
        if not self._begins:
            # Not at once: who asks in the same turn of the loop still shares the run.
            self._begins = True
            self._loop.call_soon(self._begin)
        return future

    def _begin(self) -> None:
        group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        self._running = self._loop.create_task(self._run([item for item, _ in group]))
        self._running.add_done_callback(lambda run: self._tell([future for _, future in group], run))

    def _tell(self, futures: "list[asyncio.Future[Result]]", run: "asyncio.Task[Sequence[Result]]") -> None:
        self._begins = bool(self._waiting)
        if self._begins:
            self._begin()
        # A caller that went away has cancelled its future.
        if run.cancelled():
            for future in futures:
                future.cancel()
        elif (failure := run.exception()) is not None:
            for future in futures:
                if not future.done():
                    future.set_exception(failure)
        else:
            for future, result in zip(futures, run.result(), strict=True):
                if not future.done():
                    future.set_result(result)
