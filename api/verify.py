"""The install door of licenses: one route without FastAPI's machinery, since it answers every phone-home there is."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.depends import StrictRequest
from api.problems import from_error, problem, request_id_of
from api.schemas.licenses import VerifyAnswer, VerifyQuestion
from core import clock
from core.errors import CalosError, InvalidInput
from core.licensing.door import VerifyDoor
from core.licensing.verdicts import Question

_JSON = {"content-type": "application/json", "cache-control": "no-store"}


class InstallDoor(APIRoute):
    """A route whose endpoint gets the request and returns the response, while OpenAPI tells its shapes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint itself."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


def outer_route(api: FastAPI) -> Route:
    """Return the same door for the app around the API, to stand before the mount at /api.

    The way through FastAPI costs more than the rest of a verification: its middleware, routers and exit stacks.
    """

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        # What the API has opened, not what the app around it has.
        scope["app"] = api
        response = await verify(Request(scope, receive, send))
        await response(scope, receive, send)

    return Route("/api/licenses/verify", _Endpoint(door), methods=["POST"])


class _Endpoint:
    """An ASGI app as Starlette takes it for an endpoint: called as it is, if it is no function."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


async def verify(request: Request) -> Response:
    """Answer whether an installation may run.

    Always 200 for a well-formed question; `valid` and `code` carry the verdict. The install id alone is told the
    verdict and changes nothing. With `Authorization: Bearer <installSecret>` the question is a check-in, a new
    fingerprint activates an installation, and the answer says what the license grants.
    """
    try:
        answer = await _answer(request)
    except CalosError as error:
        return from_error(error, request_id_of(request))
    if answer is not None:
        return Response(answer, headers=_JSON)
    return problem(
        401,
        "wrong_secret",
        "This is not the secret of that install id. Send the installSecret that came with its license.",
        request_id=request_id_of(request),
        headers={"WWW-Authenticate": "Bearer"},
    )


async def _answer(request: Request) -> bytes | None:
    if request.scope["query_string"]:
        raise InvalidInput("This address takes no query parameters; send JSON in the body.")
    secret = _secret(request)
    sent = await StrictRequest(request.scope, request.receive).json()
    door: VerifyDoor = request.app.state.verify_door
    return await door.verify(_question(sent, authenticated=secret is not None), secret, now=clock.now())


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
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{where or 'body'}: {first['msg']}", field=where or None) from wrong
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
