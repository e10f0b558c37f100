"""The telemetry door over HTTP: installs send batches with their secret; support reads the newest raw events."""

import base64
import binascii
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.depends import CurrentActor, Now, Reading, Stores, StrictRoute
from api.problems import problem, request_id_of
from api.schemas.telemetry import IngestReceipt, RawEvent, RawEvents, RefusedEvent, batch_body
from api.strict_json import LARGEST, TooLarge, Unreadable, WrongType, an_object, parse_strict
from core.access.permissions import Permission
from core.errors import InvalidInput, LimitReached, NotPermitted
from core.licensing.reads import license_by_install
from core.telemetry import reads
from core.telemetry.door import IngestDoor
from core.telemetry.events import NotJson

MOST_EVENTS = 1_000
# Parsing more than this is done beside the event loop, which has others to answer.
LONG_BODY = 32_000
JSON = "application/json"
LINES = "application/x-ndjson"

router = APIRouter(prefix="/telemetry", tags=["Telemetry"], route_class=StrictRoute)
_bearer = HTTPBearer(auto_error=False, scheme_name="installSecret", description="The install secret, shown at issue.")


@dataclass(frozen=True)
class Batch:
    """The envelope as it was sent; its events are still to be checked."""

    install_id: str | None
    events: list[Any]
    body: bytes = b""
    kind: str = JSON


@router.post(
    "/events",
    response_model=IngestReceipt,
    openapi_extra={"requestBody": batch_body(MOST_EVENTS)},
    responses={
        400: {"description": "The body is not JSON, or not gzip where it says so."},
        401: {"description": "The install secret is missing or unknown."},
        403: {"description": "The secret is another install's, or the license was revoked."},
        413: {"description": f"More than {MOST_EVENTS:,} events or {LARGEST:,} bytes, unpacked."},
        415: {"description": "Another content type or encoding."},
        429: {"description": "The install's quota is used up; Retry-After says for how long."},
        503: {"description": "Not stored; send the batch again."},
    },
    summary="Send a batch of events",
)
async def send_events(
    request: Request,
    response: Response,
    now: Now,
    secret: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> IngestReceipt | Response:
    """Take a batch; the answer says what was accepted, known before, or refused and why. Accepted is durable.

    At most 1,000 events or 1 MB (gzip is welcome: `Content-Encoding: gzip`). Sending a batch again does no harm. Where
    some events are refused the answer is still 200: the others were taken.
    """
    door: IngestDoor = request.app.state.ingest_door
    install = await door.install(secret.credentials) if secret is not None else None
    if install is None:
        return _unknown_secret(request)
    batch = await _read(request)
    try:
        install.admit_telemetry(batch.install_id)
        receipt = await door.ingest(install, batch.events, now=now)
    except (NotPermitted, LimitReached) as turned_away:
        door.arrivals.note_turned_away(install.install_id, turned_away.code, len(batch.events), now)
        raise
    door.arrivals.note_payload(install.install_id, batch.body, batch.kind, now)
    standing = door.standing(install, now)
    response.headers["RateLimit-Policy"] = f'"events-a-day";q={standing.limit};w=86400'
    response.headers["RateLimit"] = f'"events-a-day";r={standing.remaining};t={standing.reset}'
    refused = [RefusedEvent.model_validate(refusal) for refusal in receipt.refused]
    return IngestReceipt(accepted=receipt.accepted, duplicate=receipt.duplicate, refused=refused)


@router.get("/{installId}/events", summary="Newest raw events of an install")
def list_events(
    actor: CurrentActor,
    session: Reading,
    stores: Stores,
    now: Now,
    install_id: Annotated[str, Path(alias="installId", min_length=1, max_length=80)],
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=reads.MOST_EVENTS)] = 50,
) -> RawEvents:
    """Return raw events, newest first, for support; `nextCursor` goes on where this page ends."""
    actor.require(Permission.TELEMETRY_READ)
    # The license says whose install it is; the telemetry plane knows installs only.
    found = license_by_install(session, actor, install_id, now=now)
    before = _place(cursor) if cursor is not None else None
    with stores.telemetry.read(replace(actor.tenancy(), installs=(found.install_id,))) as telemetry:
        page = reads.newest_events(telemetry, actor, found.install_id, limit=limit + 1, before=before)
    shown = [RawEvent.model_validate(event) for event in page[:limit]]
    return RawEvents(events=shown, next_cursor=_cursor(page[limit - 1]) if len(page) > limit else None)


async def _read(request: Request) -> Batch:
    """Return the envelope, whatever of the four ways it was packed in, or raise what is wrong with it."""
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if kind not in {JSON, LINES}:
        raise WrongType(f"Send events as {JSON} or {LINES}, not as {kind[:80] or 'nothing'}.")
    if encoding not in {"identity", "gzip"}:
        raise WrongType(f"Send events plain or as gzip, not as {encoding[:80]}.")
    raw = await request.body()
    if len(raw) <= LONG_BODY and encoding == "identity":
        return _parse(raw, kind, encoding)
    return await to_thread.run_sync(_parse, raw, kind, encoding)


def _parse(raw: bytes, kind: str, encoding: str) -> Batch:
    if encoding == "gzip":
        raw = _unpacked(raw)
    lines = [_line(line) for line in raw.split(b"\n") if line.strip()] if kind == LINES else None
    batch = Batch(None, lines, raw, kind) if lines is not None else _envelope(raw)
    if len(batch.events) > MOST_EVENTS:
        raise TooLarge(f"A batch has at most {MOST_EVENTS:,} events; this one has {len(batch.events):,}. Split it.")
    return batch


def _unpacked(raw: bytes) -> bytes:
    """Return what gzip holds, never unpacking more than a batch may have: a few bytes can pack gigabytes."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        made = unpacking.decompress(raw, LARGEST + 1)
    except zlib.error as wrong:
        raise Unreadable("The body says it is gzip and is not.") from wrong
    if len(made) > LARGEST:
        raise TooLarge(f"The batch is larger than {LARGEST:,} bytes when unpacked; send less at a time.")
    if not unpacking.eof or unpacking.unused_data:
        raise Unreadable("The gzip body is cut short or holds more than one file; pack the batch as one.")
    return made


def _line(line: bytes) -> Any:
    try:
        return parse_strict(line)
    except Unreadable as wrong:
        return NotJson(wrong.message)


def _envelope(raw: bytes) -> Batch:
    body = an_object(parse_strict(raw))
    for name in body.keys() - {"installId", "events"}:
        raise InvalidInput(f"There is no field “{name[:80]}” beside installId and events.", field=name[:80])
    install_id, events = body.get("installId"), body.get("events")
    if install_id is not None and not isinstance(install_id, str):
        raise InvalidInput("installId is a string.", field="installId")
    if not isinstance(events, list):
        raise InvalidInput("Send events as a list, which may be empty.", field="events")
    return Batch(install_id, events, raw)


def _unknown_secret(request: Request) -> Response:
    return problem(
        401,
        "unknown_secret",
        "Send the install secret as “Authorization: Bearer …”. It was shown once, when the license was issued.",
        request_id=request_id_of(request),
        headers={"WWW-Authenticate": "Bearer"},
    )


def _cursor(last: reads.RawEvent) -> str:
    return base64.urlsafe_b64encode(f"{last.ts.isoformat()} {last.event_id}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        at, _, event_id = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode().partition(" ")
        when = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError, binascii.Error) as wrong:
        raise InvalidInput("This cursor is not one of ours. Start again without it.", field="cursor") from wrong
    if "\x00" in event_id:
        raise InvalidInput("This cursor is not one of ours. Start again without it.", field="cursor")
    return when, event_id
