"""A run of invoices worked off batch by batch: each committed with what became of it, so that it can go on anywhere."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from core.access.actor import Actor, system_actor
from core.accounts.invoicing import finalize_invoices
from core.billing.invoices.runs import (
    BATCH,
    approve_run,
    draft_items,
    end_stage,
    finalizable,
    mark_finalized,
    run_by_id,
    start_run,
    waiting,
)
from core.billing.invoices.usage_lines import usage_due
from core.databases import Databases
from core.jobs.queue import defer
from core.organizations.reads import vendor_id
from db.session import SYSTEM, ReadSession, WriteSession

TASK: Final = "calos.invoice_run"
# Called within the transaction of a batch: how many customers are through, of how many.
Report = Callable[[int, int], None]


def begin_run(session: WriteSession, actor: Actor, month: datetime, *, now: datetime) -> UUID:
    """Begin a run over all customers for the month of an instant, and queue its drafting."""
    made = start_run(session, actor, month.date().replace(day=1), now=now)
    queue_run(session, made)
    return made


def finalize_run(session: WriteSession, actor: Actor, run_id: UUID, *, now: datetime) -> None:
    """Let a drafted run be finalized, and queue it."""
    approve_run(session, actor, run_id, now=now)
    queue_run(session, run_id)


def queue_run(session: WriteSession, run_id: UUID) -> None:
    """Queue the next stage of a run, unless it waits already."""
    defer(session, TASK, once=f"invoice_run:{run_id}", one_at_a_time=f"invoice_run:{run_id}", run_id=str(run_id))


def work(
    databases: Databases,
    run_id: UUID,
    *,
    clock: Callable[[], datetime],
    report: Report = lambda _done, _total: None,
    batch: int = BATCH,
) -> None:
    """Work a run's present stage off; called again after a stop, it goes on where it was."""
    while _step(databases, run_id, clock, report, batch):
        pass


def _step(databases: Databases, run_id: UUID, clock: Callable[[], datetime], report: Report, batch: int) -> bool:
    now = clock()
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        actor = _actor(session)
        run = run_by_id(session, actor, run_id)
        if run.stage not in ("drafting", "finalizing"):
            return False
        items = waiting(session, run_id, "waiting" if run.stage == "drafting" else "drafted", batch)
        if not items:
            # What another worker holds is its own to end.
            if run.done == run.customers:
                end_stage(session, run, now=now)
            return False
        if run.stage == "drafting":
            usage = usage_due(session, telemetry, [row.organization_id for row in items], run.month)
            draft_items(session, actor, run, items, usage, now=now)
        else:
            drafts = finalizable(session, items)
            if drafts:
                finalize_invoices(session, actor, drafts, now=now)
            mark_finalized(session, run_id, items)
        report(run.done + len(items), run.customers)
    return True


def _actor(session: ReadSession) -> Actor:
    vendor = vendor_id(session)
    assert vendor is not None  # noqa: S101 - a run is started by somebody of the vendor
    return system_actor(vendor)
