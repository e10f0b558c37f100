"""The queue: jobs put into it inside the transaction that causes them, and the tasks that do them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued

from db.session import WriteSession

QUEUE = "calos"
# Waits of a failing job: 4, 16, 64, 256, 1024 seconds.
ATTEMPTS = 5
BACK_OFF = 4
KEPT_HOURS = 30 * 24


@dataclass(frozen=True)
class Task:
    """A named piece of background work. `run` takes the job's arguments by name and opens its own transactions.

    A job is done at least once: a worker that dies midway leaves it to another. So `run` must come to the same end
    the second time: it writes what is missing, under a key, rather than adding.
    """

    name: str
    run: Callable[..., None]
    attempts: int = ATTEMPTS


def queue_app(url: str, tasks: Iterable[Task], *, connections: int = 4) -> procrastinate.App:
    """Return procrastinate's app for the queue at `url`, knowing these tasks; nothing is opened yet."""
    connector = procrastinate.PsycopgConnector(
        conninfo=url, kwargs={"application_name": "calos worker"}, min_size=1, max_size=connections
    )
    app = procrastinate.App(connector=connector)
    for task in tasks:
        retry = procrastinate.RetryStrategy(max_attempts=task.attempts, exponential_wait=BACK_OFF)
        app.task(name=task.name, queue=QUEUE, retry=retry)(task.run)
    _forget_old_jobs(app)
    return app


def _forget_old_jobs(app: procrastinate.App) -> None:
    """Keep failed jobs for a month, to be looked at.

    Without any periodic task procrastinate's worker would not notice that its heartbeat had stopped: its watch over
    heartbeat, listener and periodic tasks ends as soon as one of them does.
    """

    async def forget(timestamp: int) -> None:
        await app.job_manager.delete_old_jobs(
            nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    app.periodic(cron="17 3 * * *")(app.task(name="calos.forget_old_jobs", queue=QUEUE)(forget))


def defer(
    session: WriteSession,
    task: str,
    *,
    once: str | None = None,
    one_at_a_time: str | None = None,
    at: datetime | None = None,
    **arguments: Any,
) -> int | None:
    """Queue a job in the caller's transaction and return its id: rolled back with it, and never run before it commits.

    `arguments` are small JSON. With `once`, None is returned where a job with that key waits already; jobs with the
    same `one_at_a_time` run one after the other; `at` puts it off.
    """
    options: dict[str, Any] = {"queue": QUEUE, "lock": one_at_a_time, "queueing_lock": once, "schedule_at": at}
    job = _QUEUER.configure_task(task, connection=_driver(session), **options)
    if once is None:
        return job.defer(**arguments)
    try:
        # A key that is taken would otherwise spoil the caller's whole transaction.
        with session.connection.begin_nested():
            return job.defer(**arguments)
    except AlreadyEnqueued:
        return None


# Only puts jobs in, on the callers' own connections; it is never opened.
_QUEUER = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def _driver(session: WriteSession) -> psycopg.Connection[Any]:
    driver = session.connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - db/session.py speaks through psycopg alone
    return driver
