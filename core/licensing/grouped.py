"""Work done once for all who wait together, begun after each of them came: group commit, and group read."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Grouped(Generic[Item, Result]):
    """Collects items while a run is under way; the next run takes all of them. `run` returns one result an item.

    Nothing outlives a run: whoever asks later is served by a later one. A run that fails fails all who shared it.
    """

    def __init__(self, run: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], most: int = 500) -> None:
        self._run = run
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Result:
        """Return this item's result of the first run that begins from now on."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            self._worker = loop.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            [outcome] = await asyncio.gather(self._run([item for item, _ in group]), return_exceptions=True)
            for place, (_, future) in enumerate(group):
                # A caller that went away has cancelled its future.
                if future.done():
                    continue
                if isinstance(outcome, BaseException):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome[place])
        self._worker = None
