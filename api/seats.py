"""The install door of floating seats: taken, kept by heartbeats and given back with the install secret."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from api.depends import Now, StrictRoute
from api.problems import problem, request_id_of
from api.schemas.license_acts import GiveSeatBack, SeatGivenBack, SeatTaken, TakeSeat
from core.licensing.seat_door import SeatDoor
from core.licensing.verdicts import Question

router = APIRouter(prefix="/licenses/seats", tags=["Licenses"], route_class=StrictRoute)
_bearer = HTTPBearer(auto_error=False, scheme_name="installSecret", description="The install secret, shown at issue.")
Secret = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    401: {"description": "The install secret is missing, or not that install id's."},
    503: {"description": "Seats cannot be given right now; ask again."},
}


@router.post("", response_model=SeatTaken, responses=_REFUSED, summary="Take a seat, or keep it")
async def take(request: Request, now: Now, body: TakeSeat, secret: Secret) -> SeatTaken | Response:
    """Take a seat for a holder or extend their lease; always 200 for a well-formed question with the right secret.

    `granted` decides and `code` says why, as in a verification. A heartbeat is the same question again, before
    `expiresAt`.
    """
    door: SeatDoor = request.app.state.seat_door
    question = Question(body.install_id, body.fingerprint)
    answer = await door.take(question, body.holder, secret.credentials, now=now) if secret else None
    return _wrong_secret(request) if answer is None else SeatTaken.model_validate(answer)


@router.post("/release", response_model=SeatGivenBack, responses=_REFUSED, summary="Give a seat back")
async def release(request: Request, now: Now, body: GiveSeatBack, secret: Secret) -> SeatGivenBack | Response:
    """Give a holder's seat back at once, rather than when its lease runs out."""
    door: SeatDoor = request.app.state.seat_door
    gone = await door.release(body.install_id, body.holder, secret.credentials, now=now) if secret else None
    return _wrong_secret(request) if gone is None else SeatGivenBack(released=gone)


def _wrong_secret(request: Request) -> Response:
    return problem(
        401,
        "wrong_secret",
        "Send the secret of that install id as “Authorization: Bearer …”. It came with its license, once.",
        request_id=request_id_of(request),
        headers={"WWW-Authenticate": "Bearer"},
    )
