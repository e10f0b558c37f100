"""What every answer carries, and the refusal of a websocket."""

from collections.abc import Awaitable
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from api.rates import RATE_HEADERS

_GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_OURS = frozenset({b"x-request-id", b"strict-transport-security", *(name for name, _ in _GUARDS), *RATE_HEADERS})
_GUARDS_OF_HTTPS = (*_GUARDS, (b"strict-transport-security", b"max-age=31536000; includeSubDomains"))


class Answer:
    """A `send` that adds the headers every answer carries, and remembers the status."""

    def __init__(self, send: Send, state: dict[str, Any], *, https: bool) -> None:
        self._send = send
        self._state = state
        self.status = 0
        self._guards = _GUARDS_OF_HTTPS if https else _GUARDS

    def __call__(self, message: Message) -> Awaitable[None]:
        """Send one message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = message.get("headers", [])
            ours = [
                (b"x-request-id", self._state["request_id"].encode()),
                *self._guards,
                *self._state.get("rate_headers", ()),
            ]
            present = [name for name, _ in given if name.lower() in _OURS]
            if present:
                known = {name.lower() for name in present}
                ours = [pair for pair in ours if pair[0] not in known]
            message["headers"] = [*given, *ours]
        return self._send(message)


class Close:
    """Refuses a websocket before it is accepted, which the client sees as 403."""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Close it."""
        await receive()
        await send({"type": "websocket.close", "code": 1008})
