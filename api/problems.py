"""How every error leaves the API: problem+json (RFC 9457) with a stable code, the sentence, and the request's id."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.depends import NotSignedIn
from api.strict_json import TooLarge, TooSlow, Unreadable, WrongType
from core.databases import busy
from core.errors import CalosError, Conflict, InvalidInput, LimitReached, NotFound, NotPermitted, UpstreamFailed

log = structlog.get_logger("calos.api")
_SCHEMA = {"$ref": "#/components/schemas/Problem"}

STATUS: dict[type[CalosError], int] = {
    Unreadable: 400,
    NotSignedIn: 401,
    NotPermitted: 403,
    NotFound: 404,
    TooSlow: 408,
    Conflict: 409,
    TooLarge: 413,
    WrongType: 415,
    InvalidInput: 422,
    LimitReached: 429,
    UpstreamFailed: 503,
}
TITLES = {
    400: "Unreadable request",
    401: "Not signed in",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Conflict",
    413: "Too large",
    415: "Wrong content type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Our mistake",
    503: "Not available right now",
}
# The connection, a lock or a query's time is gone, or every connection is in use: all of them pass.
NO_DATABASE_ERRORS = (OperationalError, PoolTimeout)
NO_DATABASE = UpstreamFailed(
    "The database does not answer right now. Try again in a minute.", code="database_unavailable", retry_after=60
)


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """RFC 9457, with a stable `code`, the sentence again as `error`, and the request's id."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    error: str
    request_id: str
    errors: list[FieldProblem] | None = None


# What any route may answer beside its own answer.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": TITLES[status], "content": {"application/problem+json": {"schema": _SCHEMA}}}
    for status in (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    request_id: str,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return the answer for an error; `error` repeats the sentence for clients that look for that key."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "code": code,
        "detail": detail,
        "error": detail,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def refused_by_database(failure: Exception) -> UpstreamFailed:
    """Return what to answer where the database gave nothing: somebody holds the row, or it is not there at all."""
    refusal = busy(failure) or NO_DATABASE
    log.warning("the database does not answer", code=refusal.code, error=type(failure).__name__)
    return refusal


def status_of(error: CalosError) -> int:
    """Return the HTTP status of one of the house's errors."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def from_error(error: CalosError, request_id: str) -> JSONResponse:
    """Return the problem for one of the house's errors."""
    headers = None if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, NotSignedIn):
        headers = {"WWW-Authenticate": "Bearer"}
    errors = [{"pointer": f"/{error.field}", "code": error.code, "detail": error.message}] if error.field else None
    return problem(status_of(error), error.code, error.message, request_id=request_id, errors=errors, headers=headers)


def request_id_of(request: Request) -> str:
    """Return the id under which this request is logged and audited."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def install_handlers(app: FastAPI) -> None:
    """Map every error to its problem, once."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, CalosError)  # noqa: S101 - registered for CalosError only
        return from_error(error, request_id_of(request))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it only
        errors = [_field_error(one) for one in error.errors()]
        sentence = "; ".join(f"{one['pointer']}: {one['detail']}" for one in errors[:5])
        return problem(422, "invalid_input", sentence, request_id=request_id_of(request), errors=errors)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for it only
        sentence = "There is no such address in this API." if error.status_code == 404 else str(error.detail)
        headers = dict(error.headers) if error.headers else None
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return problem(error.status_code, code, sentence, request_id=request_id_of(request), headers=headers)

    async def no_database(request: Request, failure: Exception) -> Response:
        return from_error(refused_by_database(failure), request_id_of(request))

    app.add_exception_handler(CalosError, ours)
    for kind in NO_DATABASE_ERRORS:
        app.add_exception_handler(kind, no_database)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)


async def unexpected(request: Request, error: Exception) -> Response:
    """Answer for a mistake of ours: logged with its trace, told without it."""
    request_id = request_id_of(request)
    log.error("unexpected error", request_id=request_id, path=request.url.path, exc_info=error)
    return problem(
        500,
        "internal_error",
        f"Something went wrong on our side. Nothing was changed. Tell support the request id {request_id}.",
        request_id=request_id,
    )


def _field_error(error: Any) -> dict[str, str]:
    where = [str(part) for part in error["loc"] if part not in {"body", "query", "path", "header"}]
    return {"pointer": "/" + "/".join(where), "code": str(error["type"]), "detail": str(error["msg"])}
