"""License files over HTTP: made by people and by installations, offline activation, and the register of what is out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.depends import CurrentActor, Now, Reading, Stores, StrictRoute, Writing
from api.once import Idempotent
from api.problems import problem, request_id_of
from api.schemas.license_files import (
    FileRequest,
    IssuedFileRow,
    IssuedFiles,
    MadeFile,
    OfflineActivation,
    OwnFileRequest,
)
from core.config import settings
from core.databases import LOCK_SECONDS
from core.licensing import file_making, file_register
from core.signing import KeyRing, open_ring
from db.session import DOOR

router = APIRouter(prefix="/licenses", tags=["License files"], route_class=StrictRoute)
_bearer = HTTPBearer(auto_error=False, scheme_name="installSecret", description="The install secret, shown at issue.")
InstallId = Annotated[str, Path(alias="installId", max_length=80)]

ARMORED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The armored file.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "headers": {"Content-Disposition": {"schema": {"type": "string"}}},
    }
}


def _ring(now: Now) -> KeyRing:
    return open_ring(settings().home, "files", now=now)


Ring = Annotated[KeyRing, Depends(_ring)]


@router.post(
    "/file",
    response_model=MadeFile,
    responses={401: {"description": "The secret is not that install id's"}},
    summary="Get a license file (installs)",
)
def make_own_file(
    request: Request,
    stores: Stores,
    now: Now,
    ring: Ring,
    body: OwnFileRequest,
    secret: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> MadeFile | Response:
    """Make a file for the installation that asks with its secret, and so activate it.

    409 with the verdict's code where the license is not valid for it. A file cannot be recalled.
    """
    made = None
    if secret is not None:
        with stores.control.write(DOOR, lock_seconds=LOCK_SECONDS) as session:
            made = file_making.make_own_file(
                session,
                ring,
                body.install_id,
                secret.credentials,
                body.terms(),
                fingerprint=body.fingerprint,
                public_key=body.key(),
                address=request.scope.get("state", {}).get("address", ""),
                request_id=request_id_of(request),
                now=now,
            )
    return MadeFile.with_text(body.install_id, made) if made is not None else _wrong_secret(request)


@router.post("/offline-activation", summary="Activate an installation without a connection")
def activate_offline(actor: CurrentActor, session: Writing, now: Now, ring: Ring, body: OfflineActivation) -> MadeFile:
    """Answer an activation request with a license file; the same request gets the same file again.

    409 with the verdict's code where the license is not valid for the installation.
    """
    install_id, made = file_making.activate_offline(session, actor, ring, body.request, body.terms(), now=now)
    return MadeFile.with_text(install_id, made)


@router.post("/{installId}/file", summary="Make a license file")
def make_file(
    actor: CurrentActor,
    session: Writing,
    now: Now,
    ring: Ring,
    once: Idempotent,
    install_id: InstallId,
    body: FileRequest,
) -> MadeFile:
    """Make a file for an installation, and so activate it. 409 with the verdict's code where it is not valid.

    A file cannot be recalled: it goes on until it ends, whatever becomes of the license.
    """

    def work() -> MadeFile:
        made = file_making.make_file(
            session,
            actor,
            ring,
            install_id,
            body.terms(),
            fingerprint=body.fingerprint,
            public_key=body.key(),
            now=now,
        )
        return MadeFile.with_text(install_id, made)

    return once(MadeFile, work)


@router.get("/{installId}/files", summary="License files that are out")
def list_files(actor: CurrentActor, session: Reading, now: Now, install_id: InstallId) -> IssuedFiles:
    """Return the newest files of a license, at most 200: for which installation, until when, by whom."""
    found = file_register.files_of(session, actor, install_id, now=now)
    return IssuedFiles(files=[IssuedFileRow.of(one) for one in found])


@router.get(
    "/{installId}/files/{fileId}", summary="Download a license file", response_class=Response, responses=ARMORED
)
def download(
    actor: CurrentActor,
    session: Reading,
    now: Now,
    install_id: InstallId,
    file_id: Annotated[UUID, Path(alias="fileId")],
) -> Response:
    """Return a file as it was made."""
    found = file_register.file_by_id(session, actor, install_id, file_id, now=now)
    headers = {
        "Content-Disposition": f'attachment; filename="calos-{file_id}.license"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.content, media_type="text/plain; charset=utf-8", headers=headers)


def _wrong_secret(request: Request) -> Response:
    return problem(
        401,
        "wrong_secret",
        "This is not the secret of that install id. Send the installSecret that came with its license.",
        request_id=request_id_of(request),
        headers={"WWW-Authenticate": "Bearer"},
    )
