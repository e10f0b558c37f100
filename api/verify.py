"""The install door of licenses: one route without FastAPI's machinery, since it answers every phone-home there is."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import Response

from api.depends import StrictRequest
from api.problems import problem, request_id_of
from api.schemas.licenses import VerifyAnswer, VerifyQuestion
from core import clock
from core.errors import InvalidInput, NotPermitted
from core.licensing.door import WRONG_SECRET, VerifyDoor
from core.licensing.verdicts import Question

_JSON = {"content-type": "application/json", "cache-control": "no-store"}


class InstallDoor(APIRoute):
    """A route whose endpoint gets the request and returns the response, while OpenAPI tells its shapes.

    FastAPI's own handling of a decorated route costs more than half of what one core can answer.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint itself."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


async def verify(request: Request) -> Response:
    """Answer whether an installation may run.

    Always 200 for a well-formed question; `valid` and `code` carry the verdict. The install id alone is told the
    verdict and changes nothing. With `Authorization: Bearer <installSecret>` the question is a check-in, a new
    fingerprint activates an installation, and the answer says what the license grants.
    """
    if request.scope["query_string"]:
        raise InvalidInput("This address takes no query parameters; send JSON in the body.")
    secret = _secret(request)
    question = _question(await StrictRequest(request.scope, request.receive).json(), authenticated=secret is not None)
    door: VerifyDoor = request.app.state.verify_door
    try:
        return Response(await door.verify(question, secret, now=clock.now()), headers=_JSON)
    except NotPermitted as refusal:
        if refusal.code != WRONG_SECRET:
            raise
        headers = {"WWW-Authenticate": "Bearer"}
        return problem(401, refusal.code, refusal.message, request_id=request_id_of(request), headers=headers)


def _secret(request: Request) -> str | None:
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _, value = given.partition(" ")
    # Anything but a bearer secret is no secret of ours: refused below rather than taken for none at all.
    return value.strip() if scheme.lower() == "bearer" else ""


def _question(sent: Any, *, authenticated: bool) -> Question:
    try:
        asked = VerifyQuestion.model_validate(sent)
    except ValidationError as wrong:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in wrong.errors()]) from wrong
    return Question(
        asked.install_id,
        asked.fingerprint,
        asked.domain,
        asked.version,
        asked.nonce,
        asked.seats,
        tuple(asked.entitlements or ()),
        authenticated,
    )


DESCRIPTION: dict[str, Any] = {
    "summary": "Verify a license (phone home)",
    "response_model": None,
    "responses": {
        200: {"model": VerifyAnswer, "description": "The verdict, signed"},
        400: {"description": "The body is not strict JSON"},
        401: {"description": "The secret is not that install id's"},
        413: {"description": "The body is too large"},
        422: {"description": "A field is unknown or malformed"},
        503: {"description": "Licenses cannot be verified right now"},
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": VerifyQuestion.model_json_schema()}},
        },
        "security": [{}, {"installSecret": []}],
    },
}
