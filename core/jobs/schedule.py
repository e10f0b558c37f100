"""What is done again and again, by one process of the installation at a time: the composition root says what."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from core.jobs.alone import Standing, alone, stopped_within

LOCK = 0x_CA105_03
LONGEST_BACK_OFF = 300.0
# How often the process that does it makes sure that it still holds the lock.
PULSE_SECONDS = 2.0

log = structlog.get_logger("calos.jobs")


@dataclass(frozen=True)
class Periodic:
    """A function called anew `seconds` after it has ended; in a thread, so it may take its time.

    It may be called twice at once for a moment, when the process that called it loses its connection and another takes
    over: it must bear that, as a job must.
    """

    name: str
    seconds: float
    run: Callable[[], object]


def periodic(name: str, seconds: float, run: Callable[[], object]) -> Periodic:
    """Return what `run_schedule` takes: call `run` every `seconds`; what it returns is nobody's."""
    return Periodic(name, seconds, run)


async def run_schedule(control_url: str, schedule: Iterable[Periodic], stop: asyncio.Event) -> None:
    """Call each function in its rhythm until `stop`, in the one process that holds the lock, then let them end.

    One that raises is logged and called again, ever later (up to 5 min), without holding up the others.
    """
    known = tuple(schedule)

    async def work(lock: Standing) -> None:
        over = asyncio.Event()
        rounds = [asyncio.create_task(_rounds(one, over), name=one.name) for one in known]
        try:
            while not await stopped_within(stop, PULSE_SECONDS):
                await lock.execute("SELECT 1")
        finally:
            over.set()
            await asyncio.gather(*rounds)

    await alone(control_url, LOCK, stop, work, application="calos schedule")


async def _rounds(one: Periodic, over: asyncio.Event) -> None:
    failures = 0
    while not over.is_set():
        failure = await _failure_of(one)
        failures = failures + 1 if failure is not None else 0
        wait = one.seconds
        if failure is not None:
            wait = min(max(one.seconds, 1.0) * 2 ** min(failures - 1, 10), LONGEST_BACK_OFF)
            log.error("periodic work failed", work=one.name, failures=failures, next_in=wait, exc_info=failure)
        await stopped_within(over, wait)


async def _failure_of(one: Periodic) -> BaseException | None:
    """Call it and return what it raised: whatever that is, the schedule goes on."""
    called = asyncio.create_task(asyncio.to_thread(one.run))
    await asyncio.wait({called})
    return called.exception()
