"""What people do with telemetry over HTTP: carry bundles in, read the manifest, choose to send nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, BinaryIO, cast

from anyio import fail_after, to_thread
from fastapi import APIRouter, Path, Request
from starlette.requests import ClientDisconnect

from api.depends import CurrentActor, Now, Reading, Stores, StrictRoute
from api.schemas.telemetry import Bundle, Choice, TelemetryManifest, Why
from api.strict_json import TooLarge, TooSlow, Unreadable, WrongType
from core.access.actor import Actor
from core.config import settings
from core.databases import LOCK_SECONDS, Databases
from core.licensing.reads import license_by_install
from core.telemetry import bundles
from core.telemetry.bundle_receipts import bundles_received
from core.telemetry.carrying import take_bundle
from core.telemetry.manifest import manifest
from core.telemetry.opt_out import erase, opt_in, opt_out
from db.session import ReadSession

KINDS = frozenset({"application/gzip", "application/x-gzip", "application/octet-stream"})
IN_MEMORY = 1_000_000
UPLOAD_SECONDS = 300

router = APIRouter(prefix="/telemetry", tags=["Telemetry"], route_class=StrictRoute)
InstallId = Annotated[str, Path(alias="installId", min_length=1, max_length=80)]
_FILE: dict[str, Any] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.post(
    "/bundles",
    openapi_extra={"requestBody": _FILE},
    responses={
        409: {"description": "Another bundle with the same bundleId was taken before."},
        413: {"description": f"More than {bundles.LARGEST_PACKED:,} bytes."},
        415: {"description": "Another content type than gzip."},
        422: {"description": "No bundle, changed on the way, or not written with this install's secret."},
    },
    summary="Carry a bundle of events in",
)
async def carry_bundle(request: Request, actor: CurrentActor, stores: Stores, now: Now) -> Bundle:
    """Take a bundle that an install without a connection has written; for the vendor's people and the customer's own.

    The same bundle again gets the first answer. Each line is taken, known before, or refused with its reason.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise WrongType("Send the bundle as it was written, as application/gzip.")
    with SpooledTemporaryFile(IN_MEMORY) as file:
        size = await _spool(request, cast(BinaryIO, file))
        made = await to_thread.run_sync(_take, stores, actor, file, size, now)
    return Bundle.of(made)


@router.get("/{installId}/bundles", summary="Bundles of an install, newest first")
def list_bundles(
    actor: CurrentActor, session: Reading, stores: Stores, now: Now, install_id: InstallId
) -> list[Bundle]:
    """Return at most 200 bundles with what became of each."""
    with _telemetry(session, stores, actor, install_id, now) as telemetry:
        return [Bundle.of(each) for each in bundles_received(telemetry, actor, [install_id])]


@router.get("/{installId}/manifest", summary="What is collected of an install")
def read_manifest(
    actor: CurrentActor, session: Reading, stores: Stores, now: Now, install_id: InstallId
) -> TelemetryManifest:
    """Return what is collected, what for, for how long, and the last batch exactly as it was received."""
    days = settings().telemetry_retention_days
    with _telemetry(session, stores, actor, install_id, now) as telemetry:
        return TelemetryManifest.of(manifest(session, telemetry, actor, install_id, retention_days=days, now=now))


@router.post("/{installId}/opt-out", summary="Take no more telemetry of an install")
def choose_nothing(actor: CurrentActor, stores: Stores, now: Now, install_id: InstallId, body: Why) -> Choice:
    """Refuse its events from now on (every process within a minute) and erase what says who did what.

    Counts without persons stay. Verification and metered usage go on.
    """
    with stores.control.write(actor.tenancy(), lock_seconds=LOCK_SECONDS) as session:
        made = opt_out(session, actor, install_id, reason=body.reason, now=now)
    # Once the choice is durable; whatever slips in within that minute goes with the next run of retention.
    with stores.telemetry.write(
        replace(actor.tenancy(), installs=(made.install_id,)), lock_seconds=LOCK_SECONDS
    ) as telemetry:
        erase(telemetry, [made.install_id], now=now)
    return Choice(install_id=made.install_id, taken=False, since=made.since, by=made.by, reason=made.reason)


@router.post("/{installId}/opt-in", summary="Take telemetry of an install again")
def choose_again(actor: CurrentActor, stores: Stores, now: Now, install_id: InstallId, body: Why) -> Choice:
    """Take its events again, from within a minute on."""
    with stores.control.write(actor.tenancy(), lock_seconds=LOCK_SECONDS) as session:
        opt_in(session, actor, install_id, reason=body.reason, now=now)
    return Choice(install_id=install_id, taken=True)


def _take(stores: Databases, actor: Actor, file: SpooledTemporaryFile[bytes], size: int, now: Any) -> Any:
    days = settings().telemetry_retention_days
    return take_bundle(stores, actor, cast(BinaryIO, file), size=size, retention_days=days, now=now)


async def _spool(request: Request, file: BinaryIO) -> int:
    """Write the body to a file and return its size; bounded in size and in time."""
    size = 0
    try:
        with fail_after(UPLOAD_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > bundles.LARGEST_PACKED:
                    raise TooLarge(
                        f"A bundle has at most {bundles.LARGEST_PACKED:,} bytes; write several smaller ones."
                    )
                file.write(chunk)
    except TimeoutError as waited:
        raise TooSlow(f"The bundle took longer than {UPLOAD_SECONDS} seconds; send it again.") from waited
    except ClientDisconnect as left:
        raise Unreadable("The body ended before it was whole.") from left
    return size


@contextmanager
def _telemetry(
    session: ReadSession, stores: Databases, actor: Actor, install_id: str, now: Any
) -> Iterator[ReadSession]:
    """Yield telemetry of an install that the actor may see; the telemetry plane knows installs only."""
    found = license_by_install(session, actor, install_id, now=now)
    with stores.telemetry.read(replace(actor.tenancy(), installs=(found.install_id,))) as telemetry:
        yield telemetry
