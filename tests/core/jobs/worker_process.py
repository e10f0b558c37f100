"""A worker in a process of its own, for tests that kill it: `python -m tests.core.jobs.worker_process URL FILE`."""

import asyncio
import sys
import time
from pathlib import Path

from core.jobs.queue import Task
from core.jobs.worker import Rhythm, run_worker

QUICK = Rhythm(heartbeat=0.2, dead_after=1.5, look=0.2, grace=5.0)


def write_and_dawdle(file: str, seconds: float) -> None:
    """Say that the job began, take one's time, say that it is done."""
    with Path(file).open("a") as out:
        out.write("began\n")
        out.flush()
        time.sleep(seconds)
        out.write("done\n")


DAWDLE = Task("test.dawdle", write_and_dawdle)

if __name__ == "__main__":
    asyncio.run(run_worker(sys.argv[1], [DAWDLE], asyncio.Event(), rhythm=QUICK))
