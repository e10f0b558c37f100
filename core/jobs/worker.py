"""The worker: does queued jobs until told to stop, and takes over those of workers that died."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from core.jobs.alone import LONGEST_WAIT_SECONDS, Standing, alone, stopped_within
from core.jobs.queue import ATTEMPTS, Task, queue_app

RESCUE_LOCK = 0x_CA105_02

log = structlog.get_logger("calos.jobs")


@dataclass(frozen=True)
class Rhythm:
    """How a worker shows that it lives, in seconds: a job is taken over `dead_after` its worker's last heartbeat."""

    heartbeat: float = 10.0
    dead_after: float = 30.0
    # The doing of jobs begins on a notification; this is for those put off to a time.
    look: float = 5.0
    # How long a stopping worker lets its jobs go on before they are left to others.
    grace: float = 20.0


async def run_worker(
    control_url: str, tasks: Iterable[Task], stop: asyncio.Event, *, concurrency: int = 2, rhythm: Rhythm | None = None
) -> None:
    """Do jobs until `stop`, then finish those under way; a database that goes away is waited for.

    Jobs of a worker that was killed are done by another `rhythm.dead_after` seconds later.
    """
    rhythm, known = rhythm or Rhythm(), tuple(tasks)
    attempts = {task.name: task.attempts for task in known}
    rescue = asyncio.create_task(_rescue_the_stalled(control_url, attempts, stop, rhythm))
    try:
        while not stop.is_set():
            try:
                await _work(queue_app(control_url, known, connections=concurrency + 2), stop, concurrency, rhythm)
            except (psycopg.Error, ConnectorException) as lost:
                log.warning("the job queue is out of reach, trying again", error=str(lost).strip())
            await stopped_within(stop, LONGEST_WAIT_SECONDS)
    finally:
        await rescue


async def _work(app: procrastinate.App, stop: asyncio.Event, concurrency: int, rhythm: Rhythm) -> None:
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=rhythm.look,
                shutdown_graceful_timeout=rhythm.grace,
                update_heartbeat_interval=rhythm.heartbeat,
                stalled_worker_timeout=rhythm.dead_after,
                delete_jobs="successful",
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not worker.done():
            # procrastinate takes this as the wish to finish what is under way.
            worker.cancel()
        await asyncio.wait({worker})
        if not worker.cancelled():
            worker.result()


async def _rescue_the_stalled(control_url: str, attempts: dict[str, int], stop: asyncio.Event, rhythm: Rhythm) -> None:
    """Give back jobs whose worker shows no life, in one process at a time: two might give back a job twice."""

    async def work(lock: Standing) -> None:
        async with queue_app(control_url, (), connections=1).open_async() as app:
            while not stop.is_set():
                # Whoever has lost the connection has lost the lock, and must not go on.
                await lock.execute("SELECT 1")
                await _rescue_once(app.job_manager, attempts, rhythm.dead_after)
                await stopped_within(stop, rhythm.heartbeat)

    await alone(control_url, RESCUE_LOCK, stop, work, application="calos rescue")


async def _rescue_once(manager: JobManager, attempts: dict[str, int], dead_after: float) -> None:
    try:
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=dead_after)
    except (ConnectorException, psycopg.Error) as lost:
        log.warning("the job queue is out of reach, trying again", error=str(lost).strip())
        return
    for job in stalled:
        await _give_back(manager, job, attempts.get(job.task_name, ATTEMPTS))


async def _give_back(manager: JobManager, job: Job, attempts: int) -> None:
    try:
        if job.attempts + 1 < attempts:
            await manager.retry_job(job)
            log.warning("job taken over from a worker that died", task=job.task_name, job=job.id)
        else:
            # A job that kills whoever does it must not go round forever.
            await manager.finish_job(job, Status.FAILED, delete_job=False)
            log.error("job given up: its workers died each time", task=job.task_name, job=job.id)
    except ConnectorException:
        log.info("a stalled job was finished after all", task=job.task_name, job=job.id)
