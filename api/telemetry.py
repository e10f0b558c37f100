"""The telemetry door over HTTP: installs send batches with their secret; support reads the newest raw events."""

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api import batches
from api.batches import MOST_EVENTS
from api.depends import CurrentActor, Now, Reading, Stores, StrictRoute
from api.schemas.telemetry import IngestReceipt, RawEvent, RawEvents, batch_body
from api.strict_json import LARGEST
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.licensing.reads import license_by_install
from core.telemetry import reads

router = APIRouter(prefix="/telemetry", tags=["Telemetry"], route_class=StrictRoute)
_bearer = HTTPBearer(auto_error=False, scheme_name="installSecret", description="The install secret, shown at issue.")


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
    request: Request, now: Now, _secret: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Response:
    """Take a batch; the answer says what was accepted, known before, or refused and why. Accepted is durable.

    At most 1,000 events or 1 MB (gzip is welcome: `Content-Encoding: gzip`). Sending a batch again does no harm. Where
    some events are refused the answer is still 200: the others were taken.
    """
    return await batches.take(request.app, request, now)


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
