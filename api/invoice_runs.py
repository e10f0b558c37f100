"""Runs of invoices over HTTP: begun, looked at while they are drafts, and let out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.invoice_runs import ItemStateName, RunItemList, RunItemRow, RunList, RunRow, StartRun
from core.access.actor import Actor, system_actor
from core.accounts import cursors
from core.accounts.invoice_runs import begin_run, finalize_run
from core.billing.invoices.runs import run_by_id, run_items, runs
from core.periods import midnight
from db.session import ReadSession

router = APIRouter(prefix="/invoice-runs", tags=["Invoices"], route_class=StrictRoute)
RunId = Annotated[UUID, Path(alias="runId")]
MOST = 500


@router.get("", summary="Runs, newest first")
def list_runs(actor: CurrentActor, session: Reading) -> RunList:
    """Return the latest runs with how far each is."""
    return RunList(runs=[RunRow.of(one) for one in runs(session, actor)])


@router.post("", status_code=201, summary="Draft a month for everybody")
def start(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: StartRun) -> RunRow:
    """Begin a run: a job drafts the month for every customer. Nothing is issued until the run is finalized."""

    def work() -> RunRow:
        return _row(session, actor, begin_run(session, actor, midnight(body.first()), now=now))

    return once(RunRow, work)


@router.get("/{runId}", summary="A run as it stands")
def run(actor: CurrentActor, session: Reading, run_id: RunId) -> RunRow:
    """Return how far a run is, and what its invoices come to."""
    return RunRow.of(run_by_id(session, actor, run_id))


@router.get("/{runId}/customers", summary="The customers of a run")
def customers(
    actor: CurrentActor,
    session: Reading,
    run_id: RunId,
    state: Annotated[ItemStateName | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=2000, description="The `nextCursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> RunItemList:
    """Return what each customer is to be invoiced, by name; of those who are not, why."""
    found = run_items(session, actor, run_id, state=state, after=_place(cursor), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return RunItemList(
        customers=[RunItemRow.of(one) for one in found[:limit]],
        next_cursor=last and cursors.encode(last.customer, str(last.organization_id)),
    )


@router.post("/{runId}/finalize", summary="Issue the invoices of a run")
def finalize(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, run_id: RunId) -> RunRow:
    """Let a job issue every draft of a run; 409 unless it is drafted."""

    def work() -> RunRow:
        finalize_run(session, actor, run_id, now=now)
        return _row(session, actor, run_id)

    return once(RunRow, work)


def _row(session: ReadSession, actor: Actor, run_id: UUID) -> RunRow:
    # Whoever may begin a run sees what came of it.
    return RunRow.of(run_by_id(session, system_actor(actor.organization_id), run_id))


def _place(cursor: str | None) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    try:
        name, key = cursors.decode(cursor)
        return str(name), UUID(str(key))
    except ValueError as wrong:
        raise cursors.foreign() from wrong
