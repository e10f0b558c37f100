"""Bodies of requests: read whole, bounded in size and in time."""

from collections.abc import Generator
from types import coroutine
from typing import Any

from anyio import fail_after
from starlette.types import Receive

from api.strict_json import LARGEST, TooLarge, TooSlow, Unreadable


async def read_body(receive: Receive, *, seconds: float) -> bytes:
    """Return the body, or raise TooLarge or TooSlow without waiting for the rest of it."""
    reading = _read(receive).__await__()
    try:
        waits_for = next(reading)
    except StopIteration as done:
        # It had arrived with its head, as nearly all do: a timer would cost more than all the rest.
        return bytes(done.value)
    try:
        with fail_after(seconds):
            return await _resumed(reading, waits_for)
    except TimeoutError as waited:
        raise TooSlow(f"The body took longer than {seconds:g} seconds; send it again.") from waited
    finally:
        reading.close()


@coroutine
def _resumed(reading: Generator[Any, Any, bytes], waits_for: Any) -> Generator[Any, Any, bytes]:
    """Go on with what was begun by hand and waits."""
    yield waits_for
    return (yield from reading)


async def _read(receive: Receive) -> bytes:
    read = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            # Nobody hears the answer; it is a caller's doing all the same, and no mistake of ours.
            raise Unreadable("The body ended before it was whole.")
        part: bytes = message.get("body", b"")
        if len(read) + len(part) > LARGEST:
            raise TooLarge(f"The body is larger than {LARGEST:,} bytes; send less at a time.")
        if not message.get("more_body", False):
            return bytes(read) + part if read else part
        read += part
