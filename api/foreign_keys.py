"""License keys that another system signed, verified here: the way in for installs that moved with their vendor."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.depends import Now, Stores, Strict, StrictRoute
from api.problems import problem, request_id_of
from api.schemas.licenses import Nonce, VerifyAnswer
from core.databases import Databases
from core.imports.keygen.reads import install_of_key, trusted_keys
from core.licensing.door import VerifyDoor
from core.licensing.foreign_keys import LONGEST_KEY, signed
from core.licensing.verdicts import Question
from db.session import DOOR

router = APIRouter(prefix="/licenses", tags=["Licenses"], route_class=StrictRoute)


class KeyQuestion(Strict):
    """The question of `/licenses/verify`, with the license key in place of install id and secret."""

    key: str = Field(min_length=1, max_length=LONGEST_KEY)
    fingerprint: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    domain: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    version: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    nonce: Nonce | None = None


@router.post(
    "/verify-key",
    response_model=VerifyAnswer,
    responses={401: {"description": "No license here has this key, or nobody trusted signed it."}},
    summary="Verify a license key that another system signed",
)
async def verify_key(request: Request, stores: Stores, now: Now, body: KeyQuestion) -> Response:
    """Answer whether an installation may run, as `/licenses/verify` does for the license that has this key.

    The signature of the key is verified with the public keys that were imported, and the answer is signed with ours.
    Knowing the key proves the license, so the question is a check-in and may activate an installation.
    """
    install_id = await to_thread.run_sync(_install, stores, body.key)
    if install_id is not None:
        question = Question(install_id, body.fingerprint, body.domain, body.version, body.nonce, authenticated=True)
        door: VerifyDoor = request.app.state.verify_door
        answer = await door.verify(question, body.key, now=now)
        if answer is not None:
            return Response(answer, media_type="application/json", headers={"Cache-Control": "no-store"})
    return problem(
        401,
        "unknown_key",
        "No license here has this key, or it was signed by nobody whose public key was imported.",
        request_id=request_id_of(request),
        headers={"WWW-Authenticate": "Bearer"},
    )


def _install(stores: Databases, key: str) -> str | None:
    """Return the install of a key whose signature verifies."""
    with stores.control.read(DOOR) as session:
        return install_of_key(session, key) if signed(key, trusted_keys(session)) else None
