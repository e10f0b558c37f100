"""API calls, counted where they are answered: around an ASGI or WSGI app, or around a function."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Optional, TypeVar, cast

from .events import TEXTS
from .routes import asgi_route, wsgi_route
from .shield import shielded
from .telemetry import Telemetry
from .usage import API_CALLS, Usage

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Wsgi = Callable[..., Iterable[bytes]]
# Who calls, from an ASGI scope or a WSGI environ: hashed before it is kept.
User = Callable[[Mapping[str, Any]], Optional[str]]
Function = TypeVar("Function", bound=Callable[..., Any])


def track_api_usage(
    telemetry: Telemetry | None, usage: Usage | None = None, *, user: User | None = None, feature: str | None = None
) -> ApiUsage:
    """Return a tracker: `app = tracker.asgi(app)`, `app = tracker.wsgi(app)`, or `@tracker` above a function.

    Each call becomes an event `api_call` with its route as the feature (or `feature`), its status and milliseconds,
    and one more on the meter of API calls, for whichever of the two is given. Whatever fails in counting is logged; the
    call itself goes on as if it were not counted.
    """
    return ApiUsage(telemetry, usage, user, feature)


class ApiUsage:
    """Counts calls. Holds no state of its own, so that one tracker serves many apps and threads."""

    def __init__(
        self, telemetry: Telemetry | None, usage: Usage | None, user: User | None, feature: str | None
    ) -> None:
        self._telemetry = telemetry
        self._usage = usage
        self._user = user
        self._feature = feature

    @property
    def asgi(self) -> Callable[[Asgi], Asgi]:
        """What makes an ASGI app one whose HTTP requests are counted: `tracker.asgi(app)`, or as a middleware.

        A function, not a method: tools that watch middleware set attributes on what they are given.
        """

        def counting(app: Asgi) -> Asgi:
            return self._counted(app)

        return counting

    def _counted(self, app: Asgi) -> Asgi:
        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("type") != "http":
                await app(scope, receive, send)
                return
            status, began = 500, time.perf_counter()

            async def sending(message: MutableMapping[str, Any]) -> None:
                nonlocal status
                if message.get("type") == "http.response.start":
                    status = message.get("status", 500)
                await send(message)

            try:
                await app(scope, receive, sending)
            finally:
                self._note(lambda: asgi_route(scope), scope, status, began)

        return counted

    def wsgi(self, app: Wsgi) -> Wsgi:
        """Return the WSGI app with its requests counted, each when its answer has been sent."""

        def counted(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            began = time.perf_counter()
            answer = _Answer(lambda status: self._note(lambda: wsgi_route(environ), environ, status, began))

            def starting(status: str, *rest: Any) -> Any:
                answer.status = status
                return start_response(status, *rest)

            try:
                answer.body = app(environ, starting)
            except BaseException:
                answer.note()
                raise
            return answer

        return counted

    def __call__(self, function: Function) -> Function:
        """Return the function with its calls counted, under its own name; status 200, or 500 when it raises."""
        name = _name(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def counted_async(*args: Any, **kwargs: Any) -> Any:
                status, began = 500, time.perf_counter()
                try:
                    made = await function(*args, **kwargs)
                    status = 200
                    return made
                finally:
                    self._note(lambda: name, {}, status, began)

            return cast("Function", counted_async)

        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            status, began = 500, time.perf_counter()
            try:
                made = function(*args, **kwargs)
                status = 200
                return made
            finally:
                self._note(lambda: name, {}, status, began)

        return cast("Function", counted)

    def _note(self, route: Callable[[], str], request: Mapping[str, Any], status: int, began: float) -> None:
        ms = (time.perf_counter() - began) * 1_000
        shielded(lambda: self._count(route(), request, status, ms))

    def _count(self, route: str, request: Mapping[str, Any], status: int, ms: float) -> None:
        if self._usage is not None:
            self._usage.add(API_CALLS)
        if self._telemetry is not None:
            of = self._user
            user = shielded(lambda: of(request)) if of is not None and request else None
            self._telemetry.track("api_call", feature=self._feature or route, user=user, status=status, ms=ms)


def _name(function: Callable[..., Any]) -> str:
    """Return the end of a function's full name that a feature has room for."""
    return f"{function.__module__}.{function.__qualname__}".replace("<locals>.", "")[-TEXTS["feature"] :]


class _Answer:
    """The body of a WSGI answer, handed on piece by piece; noted once, when the server closes it."""

    def __init__(self, note: Callable[[int], None]) -> None:
        self.body: Iterable[bytes] = ()
        self.status = ""
        self._note: Callable[[int], None] | None = note

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.body)

    def close(self) -> None:
        """Close the app's own answer, as WSGI asks for."""
        try:
            close = getattr(self.body, "close", None)
            if close is not None:
                close()
        finally:
            self.note()

    def note(self) -> None:
        """Count the call, once."""
        note, self._note = self._note, None
        if note is not None:
            number = self.status[:3]
            note(int(number) if number.isdigit() else 500)
