"""The install door of licenses: one route without FastAPI's machinery, since it answers every phone-home there is."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.bodies import read_body
from api.problems import from_error, problem
from api.schemas.licenses import VerifyAnswer, VerifyQuestion
from api.strict_json import parse_strict
from core import clock
from core.errors import CalosError, InvalidInput
from core.licensing.door import VerifyDoor
from core.licensing.verdicts import Question

PATH = "/api/licenses/verify"
BODY_SECONDS = 30
_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


class InstallDoor(APIRoute):
    """A route whose endpoint gets the request and returns the response, while OpenAPI tells its shapes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint itself."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


def outer_route(api: FastAPI) -> Route:
    """Return the same door for the app around the API, to stand before the mount at /api."""
    return Route(PATH, Door(api), methods=["POST"])


class Door:
    """The same door as an ASGI app, without a request and a response around each question.

    The way through FastAPI costs more than the rest of a verification: its middleware, routers and exit stacks.
    """

    def __init__(self, api: FastAPI) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one question."""
        answer = await _answer(self._api, scope, receive)
        if not isinstance(answer, bytes):
            await answer(scope, receive, send)
            return
        headers = [*_HEADERS, (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def verify(request: Request) -> Response:
    """Answer whether an installation may run.

    Always 200 for a well-formed question; `valid` and `code` carry the verdict. The install id alone is told the
    verdict and changes nothing. With `Authorization: Bearer <installSecret>` the question is a check-in, a new
    fingerprint activates an installation, and the answer says what the license grants.
    """
    answer = await _answer(request.app, request.scope, request.receive)
    if not isinstance(answer, bytes):
        return answer
    return Response(answer, headers={name.decode(): value.decode() for name, value in _HEADERS})


async def _answer(api: FastAPI, scope: Scope, receive: Receive) -> bytes | Response:
    """Return the signed answer, or the problem."""
    try:
        if scope["query_string"]:
            raise InvalidInput("This address takes no query parameters; send JSON in the body.")
        secret = _secret(scope)
        sent = parse_strict(await read_body(receive, seconds=BODY_SECONDS))
        door: VerifyDoor = api.state.verify_door
        answer = await door.verify(_question(sent, authenticated=secret is not None), secret, now=clock.now())
    except CalosError as error:
        return from_error(error, _request_id(scope))
    if answer is not None:
        return answer
    return problem(
        401,
        "wrong_secret",
        "This is not the secret of that install id. Send the installSecret that came with its license.",
        request_id=_request_id(scope),
        headers={"WWW-Authenticate": "Bearer"},
    )


def _request_id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", ""))


def _secret(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, given = value.decode("latin-1").partition(" ")
            # Anything but a bearer secret is no secret of ours: refused later rather than taken for none at all.
            return str(given.strip()) if scheme.lower() == "bearer" else ""
    return None


def _question(sent: Any, *, authenticated: bool) -> Question:
    try:
        asked = _checked(sent).__dict__
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{where or 'body'}: {first['msg']}", field=where or None) from wrong
    return Question(
        asked["install_id"],
        asked["fingerprint"],
        asked["domain"],
        asked["version"],
        asked["nonce"],
        asked["seats"],
        tuple(asked["entitlements"] or ()),
        authenticated,
    )


# What `model_validate` comes to, without its keywords.
_checked = VerifyQuestion.__pydantic_validator__.validate_python

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
