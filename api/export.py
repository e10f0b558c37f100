"""Reports taken away as files: whole or not at all, with the money only for who may see it."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from api.depends import CurrentActor, Day, Now, SeenAt, StrictRoute, Writing
from core.reports.exporting import FORMATS, MEDIA, REPORTS, export
from core.reports.paper import Paper
from core.reports.report import Narrowed

# A larger file is kept on disk while it is written and sent.
IN_MEMORY = 4_000_000
CHUNK = 64 * 1024

router = APIRouter(prefix="/export", tags=["Exports"], route_class=StrictRoute)

FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file: text as text, numbers as numbers, and no cell that a spreadsheet would run.",
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in MEDIA.values()},
        "headers": {"Content-Disposition": {"schema": {"type": "string"}}},
    }
}
Name = Annotated[str, Query(max_length=40, description=f"One of {', '.join(sorted(REPORTS))}.")]
Format = Annotated[str, Query(alias="format", max_length=40, description=f"One of {', '.join(FORMATS)}.")]
Word = Annotated[str | None, Query(max_length=254)]
Flag = Annotated[bool | None, Query()]


@router.get("", summary="Export a report", response_class=Response, responses=FILE)
def export_report(
    actor: CurrentActor,
    session: Writing,
    now: Now,
    seen_at: SeenAt,
    report: Name,
    file_format: Format = "csv",
    text: Annotated[str, Query(alias="q", max_length=200)] = "",
    status: Word = None,
    tier: Word = None,
    segment: Word = None,
    term: Word = None,
    owner: Word = None,
    archetype: Word = None,
    at_risk: Annotated[bool | None, Query(alias="atRisk")] = None,
    near_limit: Annotated[bool | None, Query(alias="nearLimit")] = None,
    live: Flag = None,
    need: Word = None,
    priority: Word = None,
    rule: Word = None,
    assigned_to: Annotated[str | None, Query(alias="assignedTo", max_length=254)] = None,
    snoozed: Flag = None,
    kind: Word = None,
    product: Word = None,
    country: Word = None,
    customer: Annotated[str | None, Query(max_length=80, description="An organization id.")] = None,
    by: Word = None,
    since: Annotated[Day | None, Query(alias="from", description="The first UTC day.")] = None,
    until: Annotated[Day | None, Query(alias="to", description="The last UTC day; levels are read at its end.")] = None,
    paper: Annotated[Paper, Query(description="Of a PDF.")] = "a4",
) -> StreamingResponse:
    """Return every row that the page of the same name would list under these filters, as CSV, XLSX or PDF.

    CSV is UTF-8 with a byte-order mark, decimal points and ISO days; instants are UTC. Money stands as a number of
    major units with its currency beside it, and only for who may see revenue. `assignedTo=` finds what nobody has.
    A PDF is a table to be read, of 2,000 rows at most. Money needs `finance:read` and `finance:export`, the trail
    `audit:read` and `audit:export`, all else `customer:export`; every export is in the audit trail.
    """
    narrowed = Narrowed(
        text=text.strip() or None,
        status=status,
        tier=tier,
        segment=segment,
        term=term,
        owner=owner,
        archetype=archetype,
        at_risk=at_risk,
        near_limit=near_limit,
        live=live,
        need=need,
        priority=priority,
        rule=rule,
        assigned_to=assigned_to,
        snoozed=snoozed,
        kind=kind,
        product=product,
        country=country,
        customer=customer,
        by=by,
        since=since,
        until=until,
    )
    into: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed once it is sent
    made = export(session, actor, report, file_format, narrowed, into, now=now, at=seen_at, paper=paper)
    headers = {
        "Content-Disposition": f'attachment; filename="{made.filename}"',
        "Content-Length": str(into.tell()),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_sent(into), media_type=made.media_type, headers=headers)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk
