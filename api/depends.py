"""What a route asks for by type: who calls, a transaction to read or write in, the time, and strict shapes."""

import re
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from api.bodies import read_body
from api.strict_json import WrongType, parse_strict
from core import clock
from core.access.actor import Actor
from core.databases import LOCK_SECONDS, Databases
from core.errors import CalosError, InvalidInput
from core.organizations.viewpoint import viewpoint
from core.periods import last_instant
from db.session import DOOR, ReadSession, WriteSession

JSON = "application/json"


# Before it there are no books; arithmetic with months would run out of calendar.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


def _iso(value: Any) -> Any:
    """Take a day as ISO 8601 writes it, and neither seconds since 1970 nor a time of day."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a day is written like 2026-01-31")
    return date.fromisoformat(value) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_iso)]


class NotSignedIn(CalosError):
    """The route is for somebody signed in, and the front door has let nobody through."""

    code = "not_signed_in"


class Strict(BaseModel):
    """A shape on the wire: camelCase, no unknown field, no silent coercion of strings to numbers."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", strict=True, str_strip_whitespace=True
    )


class Answer(BaseModel):
    """A shape that we send: camelCase, built from the core's dataclasses."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class StrictRequest(Request):
    """A request whose body is bounded, in size and in time, and whose JSON is strict."""

    body_seconds: ClassVar[float] = 30

    async def body(self) -> bytes:
        """Return the body, or raise TooLarge or TooSlow without waiting for the rest of it."""
        if not hasattr(self, "_body"):
            self._body = await read_body(self.receive, seconds=self.body_seconds)
        return self._body

    async def json(self) -> Any:
        """Return the body as strict JSON, read once."""
        if not hasattr(self, "_json"):
            self._json = parse_strict(await self.body())
        return self._json


class StrictRoute(APIRoute):
    """A route with strict JSON that refuses query parameters it does not know, or that are given twice."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the check."""
        handler = super().get_route_handler()
        fields = get_flat_params(self.dependant)
        takes_body = self.body_field is not None
        known = {field.alias for field in fields if isinstance(field.field_info, Query)}

        async def checked(request: Request) -> Response:
            pairs = request.query_params.multi_items()
            if "\x00" in request.url.path or any("\x00" in value for _, value in pairs):
                raise InvalidInput("An address of this API contains no NUL character.")
            given = [key for key, _ in pairs]
            for key in given:
                if key not in known:
                    raise InvalidInput(f"There is no query parameter “{key[:80]}” here.", field=key[:80])
                if given.count(key) > 1:
                    raise InvalidInput(f"Give the query parameter “{key[:80]}” once.", field=key[:80])
            strict = StrictRequest(request.scope, request.receive)
            if takes_body and await strict.body():
                _require_json(strict)
                # Read here, where its errors are ours: FastAPI would turn each into a 400 without its sentence.
                await strict.json()
            return await handler(strict)

        return checked


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind != JSON:
        raise WrongType(f"Send the body as {JSON}, not as {kind[:80] or 'nothing'}.")


def _actor(request: Request) -> Actor:
    actor: Actor | None = request.scope.get("state", {}).get("actor")
    if actor is None:
        raise NotSignedIn("Sign in, or send an API token.")
    return actor


def _now() -> datetime:
    return clock.now()


CurrentActor = Annotated[Actor, Depends(_actor)]
Now = Annotated[datetime, Depends(_now)]


def _databases(request: Request) -> Databases:
    databases: Databases = request.app.state.databases
    return databases


Stores = Annotated[Databases, Depends(_databases)]


def _reading(actor: CurrentActor, databases: Stores) -> Iterator[ReadSession]:
    with databases.control.read(actor.tenancy()) as session:
        yield session


def _at_door(databases: Stores) -> Iterator[ReadSession]:
    with databases.control.read(DOOR) as session:
        yield session


def _writing(actor: CurrentActor, databases: Stores) -> Iterator[WriteSession]:
    with databases.control.write(actor.tenancy(), lock_seconds=LOCK_SECONDS) as session:
        yield session


def _telemetry(actor: CurrentActor, databases: Stores) -> Iterator[ReadSession]:
    with databases.telemetry.read(actor.tenancy()) as session:
        yield session


# scope="function": the transaction is committed before the answer is sent, so that acknowledged means durable.
# For the few routes of the closed list that nobody signs in for.
AtDoor = Annotated[ReadSession, Depends(_at_door, scope="function")]
Reading = Annotated[ReadSession, Depends(_reading, scope="function")]
Writing = Annotated[WriteSession, Depends(_writing, scope="function")]
TelemetryReading = Annotated[ReadSession, Depends(_telemetry, scope="function")]


def _seen_at(session: Reading, now: Now) -> datetime:
    return viewpoint(session) or now


# What "now" means for books, use and health: the day that was set when history was imported, or else now.
SeenAt = Annotated[datetime, Depends(_seen_at, scope="function")]


def _as_of(now: Now, seen_at: SeenAt, as_of: Annotated[Day | None, Query(alias="asOf")] = None) -> datetime:
    return seen_at if as_of is None else max(EARLIEST, min(now, last_instant(as_of)))


# Reads as they stood at the end of a UTC day (`?asOf=2024-12-31`); for days to come, now.
AsOf = Annotated[datetime, Depends(_as_of, scope="function")]
