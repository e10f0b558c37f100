"""Many Socket.IO clients in one process: connects them, announces, and prints how long each took to hear."""

import asyncio
import gc
import json
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg
from websockets.asyncio.client import ClientConnection, connect

ANNOUNCE = "INSERT INTO outbox (organization_id, type, data, at) VALUES (%s, 'activity:new', %s, now()) RETURNING id"
PING, PONG, EVENT = "2", "3", '42["activity:new",'
AT_ONCE = 50
PATIENCE_SECONDS = 15.0


@dataclass
class Ears:
    """When each socket heard each event, by the event's id, in seconds of this process's clock."""

    heard: dict[int, list[float]] = field(default_factory=dict)

    async def listen(self, socket: ClientConnection) -> None:
        """Answer pings and note events, until the connection ends."""
        async for message in socket:
            at = time.perf_counter()
            if message == PING:
                await socket.send(PONG)
            elif isinstance(message, str) and message.startswith(EVENT):
                self.heard.setdefault(json.loads(message[2:])[1]["id"], []).append(at)


async def _come_in(url: str, token: str, gate: asyncio.Semaphore) -> ClientConnection:
    async with gate:
        socket = await connect(
            f"{url}/socket.io/?EIO=4&transport=websocket", compression=None, ping_interval=None, open_timeout=60
        )
        await socket.recv()
        await socket.send(f'40{{"token":"{token}"}}')
        answer = str(await socket.recv())
        if not answer.startswith("40"):
            raise SystemExit(f"refused: {answer}")
    return socket


async def _announced(control: Any, organization_id: str) -> tuple[int, float]:
    """Commit one event and return its id and when the commit was acknowledged."""
    row = await (await control.execute(ANNOUNCE, (organization_id, '{"text": "bench"}'))).fetchone()
    return int(row[0]), time.perf_counter()


async def _raw(control_url: str, rounds: int) -> list[float]:
    """Return what a bare NOTIFY takes from its commit to a listener beside it."""
    took = []
    async with (
        await psycopg.AsyncConnection.connect(control_url, autocommit=True) as listener,
        await psycopg.AsyncConnection.connect(control_url, autocommit=True) as speaker,
    ):
        await listener.execute("LISTEN bench")
        for number in range(rounds):
            await speaker.execute("SELECT pg_notify('bench', %s)", (str(number),))
            began = time.perf_counter()
            async for _ in listener.notifies(timeout=5, stop_after=1):
                took.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)
    return took


async def _measure(given: dict[str, Any]) -> dict[str, Any]:
    tokens: list[tuple[str, str]] = given["tokens"]
    gate, ears = asyncio.Semaphore(AT_ONCE), Ears()
    began = time.perf_counter()
    chosen = [tokens[number % len(tokens)] for number in range(given["sockets"])]
    sockets = await asyncio.gather(*(_come_in(given["url"], token, gate) for _, token in chosen))
    connecting = time.perf_counter() - began
    # This process's own pauses are none of the server's.
    gc.collect()
    gc.disable()
    listening = [asyncio.create_task(ears.listen(socket)) for socket in sockets]
    expected = {organization_id: sum(one == organization_id for one, _ in chosen) for organization_id, _ in tokens}
    raw = await _raw(given["control_url"], given["events"])
    spans = {}
    async with await psycopg.AsyncConnection.connect(given["control_url"], autocommit=True) as control:
        await control.execute("SET app.scope = 'system'")
        for name, pause, events in (("busy", given["pause"], given["events"]), ("idle", 11.0, given["idle"])):
            spans[name] = await _spans(control, ears, expected, pause, events)
    for task in listening:
        task.cancel()
    return {"connecting": connecting, "raw": raw, **spans}


async def _spans(control: Any, ears: Ears, expected: dict[str, int], pause: float, events: int) -> dict[str, Any]:
    """Return the seconds from commit to each socket, and how many were never reached."""
    committed: dict[int, tuple[str, float]] = {}
    for _ in range(events):
        await asyncio.sleep(random.expovariate(1 / pause) if pause < 1 else pause)
        organization_id = random.choice(list(expected))  # noqa: S311 - likewise
        event_id, at = await _announced(control, organization_id)
        committed[event_id] = (organization_id, at)
    wanted = sum(expected[organization_id] for organization_id, _ in committed.values())
    until = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < until and sum(len(ears.heard.get(one, [])) for one in committed) < wanted:
        await asyncio.sleep(0.1)
    took = [heard - at for event_id, (_, at) in committed.items() for heard in ears.heard.get(event_id, [])]
    return {"took": took, "missed": wanted - len(took)}


if __name__ == "__main__":
    import uvloop

    sys.stdout.write(json.dumps(uvloop.run(_measure(json.load(sys.stdin)))))
