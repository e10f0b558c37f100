"""What runs beside the doors: the relay, the sealer, recomputation, partitions, jobs; composed here, known nowhere."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from api import cost_jobs, invoicing, mailed_reports, outgoing, stripe_jobs
from api.house import House
from api.live import Live, run_live
from api.once import forget_old_answers
from core import clock
from core.access.checkpoints import Checkpoints, audit_key, folder_of
from core.access.sealing import seal_waiting
from core.accounts.agreements import settle_due
from core.accounts.cards import refresh_cards
from core.announce.relay import run_relay
from core.announce.writes import prune
from core.billing.scheduled import customers_due
from core.culture.snapshots import take_snapshots
from core.culture.writes import recompute_dirty, rejudge_history
from core.databases import Databases
from core.demo import world
from core.finance.rebuild import merge_days
from core.imports.running import TASK, run, settle
from core.imports.writes import forget_checks
from core.jobs.queue import Task
from core.jobs.schedule import Periodic, periodic, run_schedule
from core.jobs.worker import Rhythm, run_worker
from core.licensing.seats import cull
from core.organizations.viewpoint import viewpoint
from core.security.writes import keep_watch
from core.telemetry.adoption import keep_adoption
from core.telemetry.console import run_retention
from core.telemetry.partitions import ensure_partitions
from db.session import SYSTEM

OUTBOX_KEPT = timedelta(days=90)
AT_ONCE = 50

log = structlog.get_logger("calos.background")


@asynccontextmanager
async def running(house: House, *, work: bool, live: Live | None) -> AsyncIterator[None]:
    """Run what this process is for until the block ends, then let it finish; a part that fails is logged."""
    stop = asyncio.Event()
    parts: list[Coroutine[Any, Any, None]] = []
    if work:
        url = house.databases.control_url
        parts += [
            run_relay(url, stop),
            run_schedule(url, schedule(house), stop),
            run_worker(url, jobs(house), stop, rhythm=Rhythm(grace=4.0)),
        ]
    if live is not None:
        parts.append(run_live(live, stop))
    tasks = [asyncio.create_task(_told(part)) for part in parts]
    try:
        yield
    finally:
        stop.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            task.cancel()


async def _told(part: Coroutine[Any, Any, None]) -> None:
    try:
        await part
    except Exception:
        log.exception("background part ended", part=str(part))
        raise


def jobs(house: House) -> tuple[Task, ...]:
    """Return the jobs that a worker of this installation can do, by name."""

    def take_over(import_id: str) -> None:
        run(house.databases, UUID(import_id), clock=clock.now, report=_untold)
        settle(house.databases, UUID(import_id), now=clock.now(), report=_untold)

    return (Task(TASK, take_over), *outgoing.jobs(house), *invoicing.jobs(house), *stripe_jobs.jobs(house))


def _untold(stage: str, done: int, total: int) -> None:
    """How far an import is stands in its row, for whoever looks."""


def _tell_past_health(databases: Databases) -> None:
    """Judge kept days by today's weights, and take the snapshots that a test of health stands on."""
    rejudge_history(databases.control)
    with databases.control.read(SYSTEM) as control:
        at = viewpoint(control)
    take_snapshots(databases.control, databases.telemetry, now=at or clock.now())


def _count_versions(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        keep_adoption(control, telemetry, now=clock.now())


def _merge_days(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        merge_days(session)


def _cull_seats(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        cull(session, now=clock.now())


def _change_subscriptions(databases: Databases) -> None:
    """Do what subscriptions have waiting for today; a customer a transaction, so that none waits for another."""
    with databases.control.read(SYSTEM) as session:
        customers = customers_due(session, clock.now())
    for organization_id in customers:
        with databases.control.write(SYSTEM) as session:
            settle_due(session, organization_id, now=clock.now())


def schedule(house: House) -> list[Periodic]:
    """Return what is done again and again in one process of the installation, with its pause in seconds."""
    databases, settings = house.databases, house.settings
    checkpoints = Checkpoints(folder_of(settings.home), audit_key(settings.home))

    def seal() -> None:
        seal_waiting(lambda: databases.control.write(SYSTEM), checkpoints, now=clock.now())

    def profiles() -> None:
        with databases.control.read(SYSTEM) as control:
            at = viewpoint(control)
        done = recompute_dirty(databases.control, databases.telemetry, now=at or clock.now(), limit=AT_ONCE)
        outgoing.tell_of_limits(house, done)

    def cards() -> None:
        with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
            refresh_cards(control, telemetry, now=viewpoint(control) or clock.now())

    def partitions() -> None:
        with databases.telemetry.write(SYSTEM) as session:
            ensure_partitions(session, now=clock.now())

    def forget() -> None:
        with databases.control.write(SYSTEM) as session:
            forget_old_answers(session, now=clock.now())
            prune(session, clock.now() - OUTBOX_KEPT)
            forget_checks(session, now=clock.now())

    def security() -> None:
        with databases.control.write(SYSTEM) as session:
            keep_watch(session, now=clock.now(), settings=settings)

    made = [
        periodic("seal the audit trail", 0.5, seal),
        periodic("recompute profiles", 5, profiles),
        periodic("refresh customer cards", 5, cards),
        periodic("tell health of the past", 900, lambda: _tell_past_health(databases)),
        periodic("keep partitions", 3600, partitions),
        periodic("forget what is old", 3600, forget),
        periodic("merge the ledger's days", 3600, lambda: _merge_days(databases)),
        periodic("keep retention", 6 * 3600, lambda: list(run_retention(databases, settings, now=clock.now()))),
        periodic("count versions by the week", 3600, lambda: _count_versions(databases)),
        periodic("change subscriptions that are due", 20, lambda: _change_subscriptions(databases)),
        periodic("cull seats", 60, lambda: _cull_seats(databases)),
        periodic("keep the security score", 300, security),
        *outgoing.schedule(house),
        *invoicing.schedule(house),
        *stripe_jobs.schedule(house),
        *mailed_reports.schedule(house),
        *cost_jobs.schedule(house),
    ]
    if settings.demo:
        made.append(periodic("keep the demo alive", 60, lambda: world.keep_alive(databases, now=clock.now())))
    return made
