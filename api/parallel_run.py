"""ChartMogul's figures beside ours over HTTP, and every difference as a file."""

from typing import Any

from fastapi import APIRouter, Response

from api.depends import CurrentActor, Reading, StrictRoute
from api.schemas.parallel_run import ParallelRunAnswer
from core.imports.chartmogul.parallel import as_csv, run_beside

router = APIRouter(prefix="/financial", tags=["Finance"], route_class=StrictRoute)

CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Every difference: month, customer, cause, since when, its amounts, a sentence.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "headers": {"Content-Disposition": {"schema": {"type": "string"}}},
    }
}


@router.get("/parallel-run", summary="ChartMogul beside the books")
def parallel_run(actor: CurrentActor, session: Reading) -> ParallelRunAnswer:
    """Return MRR and movements of every month by both, and each difference with its cause; they add up to the cent.

    By the export that was kept last: nothing is asked of ChartMogul.
    """
    return ParallelRunAnswer.of(run_beside(session, actor))


@router.get("/parallel-run/report", summary="Download the differences", response_class=Response, responses=CSV)
def parallel_run_report(actor: CurrentActor, session: Reading) -> Response:
    """Return every difference as CSV; cells that a spreadsheet would run are made harmless."""
    headers = {
        "Content-Disposition": 'attachment; filename="parallel-run.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(as_csv(run_beside(session, actor)), media_type="text/csv; charset=utf-8", headers=headers)
