"""The board report over HTTP: one page a month, as PDF."""

import io
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from api.depends import CurrentActor, Now, SeenAt, StrictRoute, Writing
from core.errors import InvalidInput
from core.periods import Period, midnight, month_of
from core.reports.board import last_whole_month
from core.reports.exporting import export_board
from core.reports.paper import Paper

router = APIRouter(prefix="/financial", tags=["Finance"], route_class=StrictRoute)

FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One page.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}
Month = Annotated[
    str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}$", description="As 2026-10; left out, the last whole month.")
]


@router.get("/board-report", summary="The board report of a month, as PDF", response_class=Response, responses=FILE)
def board_report(
    actor: CurrentActor,
    session: Writing,
    now: Now,
    seen_at: SeenAt,
    month: Month = None,
    paper: Annotated[Paper, Query()] = "a4",
) -> Response:
    """Return one page: the catalogue's figures beside the month before, what moved MRR, who came and went, in words.

    Of a month that is not over the figures are those so far. Needs `finance:read` and `finance:export`, and is in the
    audit trail.
    """
    into = io.BytesIO()
    asked = last_whole_month(seen_at) if month is None else _month(month)
    made = export_board(session, actor, asked, into, now=now, at=seen_at, paper=paper)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(into.getvalue(), media_type=made.media_type, headers=headers)


def _month(text: str) -> Period:
    try:
        day = date.fromisoformat(f"{text}-01")
    except ValueError as wrong:
        raise InvalidInput(f"“{text}” is no month. Write it like 2026-10.", field="month") from wrong
    if not 1970 <= day.year <= 9998:
        raise InvalidInput("There are no books of that month.", field="month")
    return month_of(midnight(day))
