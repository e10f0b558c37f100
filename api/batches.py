"""Batches of events at the door of installs: taken with the install secret, whichever of four ways they are packed."""

import zlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from anyio import to_thread
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.depends import StrictRequest
from api.problems import from_error, problem, request_id_of
from api.strict_json import LARGEST, TooLarge, Unreadable, WrongType, an_object, parse_strict
from core import clock
from core.errors import CalosError, InvalidInput, LimitReached, NotPermitted
from core.telemetry.door import IngestDoor
from core.telemetry.events import NotJson

PATH = "/api/telemetry/events"
MOST_EVENTS = 1_000
JSON = "application/json"
LINES = "application/x-ndjson"


@dataclass(frozen=True)
class Batch:
    """The envelope as it was sent; its events are still to be checked."""

    install_id: str | None
    events: list[Any]
    body: bytes = b""
    kind: str = JSON


class Door:
    """The door as an ASGI app: what FastAPI does around a small batch costs more than the batch."""

    def __init__(self, api: FastAPI) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one batch."""
        request = StrictRequest(scope, receive)
        try:
            response = await take(self._api, request, clock.now())
        except CalosError as error:
            response = from_error(error, request_id_of(request))
        await response(scope, receive, send)


async def take(api: FastAPI, request: Request, now: datetime) -> Response:
    """Return the receipt (api.schemas.telemetry.IngestReceipt), or 401 to who proves no install secret.

    Raises what the house raises.
    """
    door: IngestDoor = api.state.ingest_door
    secret = _secret(request)
    install = await door.install(secret) if secret else None
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
    return Response(
        orjson.dumps(asdict(receipt)),
        headers={
            "RateLimit-Policy": f'"events-a-day";q={standing.limit};w=86400',
            "RateLimit": f'"events-a-day";r={standing.remaining};t={standing.reset}',
        },
        media_type=JSON,
    )


def _secret(request: Request) -> str | None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else None


async def _read(request: Request) -> Batch:
    """Return the envelope, whatever of the four ways it was packed in, or raise what is wrong with it."""
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if kind not in {JSON, LINES}:
        raise WrongType(f"Send events as {JSON} or {LINES}, not as {kind[:80] or 'nothing'}.")
    if encoding not in {"identity", "gzip"}:
        raise WrongType(f"Send events plain or as gzip, not as {encoding[:80]}.")
    raw = await request.body()
    if encoding == "gzip":
        # Unpacking is done beside the event loop, which has others to answer; parsing would hold up both alike.
        raw = await to_thread.run_sync(_unpacked, raw)
    return _parse(raw, kind)


def _parse(raw: bytes, kind: str) -> Batch:
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
