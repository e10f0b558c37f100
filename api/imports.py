"""Imports over HTTP: how they went, and each one's report to download."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from api.depends import CurrentActor, Reading, StrictRoute
from api.schemas.imports import ImportList, ImportRow
from core.imports import reads
from core.imports.reads import Run

router = APIRouter(prefix="/imports", tags=["Imports"], route_class=StrictRoute)

CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Every refused and doubtful row: file, line, id, verdict, reason, sentence.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "headers": {"Content-Disposition": {"schema": {"type": "string"}}},
    }
}


@router.get("", summary="List imports")
def imports(
    actor: CurrentActor, session: Reading, limit: Annotated[int, Query(ge=1, le=reads.MOST)] = 50
) -> ImportList:
    """Return checks and imports, newest first, each with its counts by source and by reason."""
    return ImportList(imports=[_row(run) for run in reads.runs(session, actor, limit=limit)])


@router.get("/{importId}/report", summary="Download an import's report", response_class=Response, responses=CSV)
def report(actor: CurrentActor, session: Reading, import_id: Annotated[UUID, Path(alias="importId")]) -> Response:
    """Return every finding of an import as CSV; cells that a spreadsheet would run are made harmless."""
    name, content = reads.report_of(session, actor, import_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _row(run: Run) -> ImportRow:
    found = {name: getattr(run, name) for name in ImportRow.model_fields if hasattr(run, name)}
    return ImportRow.model_validate({**found, **{name: run.summary[name] for name in ("counts", "reasons", "notes")}})
