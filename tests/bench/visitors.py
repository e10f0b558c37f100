"""People at Streamlit's pages without browsers: each opens the websocket and asks for runs as a tab does."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

Query = dict[str, str]


@dataclass
class Run:
    """One script run as the tab sees it: seconds from asking to the message that says it is done."""

    seconds: float = 0.0
    messages: int = 0
    bytes: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Tab:
    """One open tab: `page` is what Streamlit last called it, which a rerun sends back."""

    socket: ClientConnection
    origin: str
    page: str = ""
    at: str = ""

    async def run(self, path: str, query: Query) -> Run:
        """Ask for one run of the page at `path` and wait until it is done."""
        asked = BackMsg()
        asked.rerun_script.query_string = urlencode(query)
        asked.rerun_script.context_info.url = f"{self.origin}/{path}"
        if self.at == path:
            asked.rerun_script.page_script_hash = self.page
        asked.rerun_script.page_name = path
        made, began = Run(), time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        async for data in self.socket:
            assert isinstance(data, bytes)
            made.messages, made.bytes = made.messages + 1, made.bytes + len(data)
            message = ForwardMsg.FromString(data)
            if message.HasField("navigation"):
                self.page = message.navigation.page_script_hash
            made.wrong += _wrong(message)
            if message.HasField("script_finished"):
                break
        made.seconds, self.at = time.perf_counter() - began, path
        return made


def _wrong(message: ForwardMsg) -> list[str]:
    if message.HasField("page_not_found"):
        return [f"no page {message.page_not_found.page_name}"]
    if message.HasField("script_finished"):
        done = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        return [] if done else [ForwardMsg.ScriptFinishedStatus.Name(message.script_finished)]
    shown = message.delta.new_element
    if shown.HasField("exception"):
        return [shown.exception.message or shown.exception.type]
    return [shown.alert.body] if shown.HasField("alert") and shown.alert.format == Alert.ERROR else []


@asynccontextmanager
async def tab(port: int, token: str) -> AsyncIterator[Tab]:
    """Open a tab for whoever holds the token."""
    origin = f"http://localhost:{port}"
    address = f"ws://localhost:{port}/_stcore/stream"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(address, origin=origin, additional_headers=headers, max_size=None, compression=None) as socket:  # type: ignore[arg-type]  # a NewType of str
        yield Tab(socket, origin)


async def _visit(port: int, token: str, path: str, query: Query, start: asyncio.Barrier, seconds: float) -> list[Run]:
    async with tab(port, token) as opened:
        await opened.run(path, query)
        await start.wait()
        until, runs = time.perf_counter() + seconds, []
        while time.perf_counter() < until:
            runs.append(await opened.run(path, query))
        return runs


async def crowd(port: int, tokens: list[str], path: str, query: Query, tabs: int, seconds: float) -> dict[str, float]:
    """Return runs per second and their spread while `tabs` ask again as soon as they are answered."""
    start, began = asyncio.Barrier(tabs + 1), 0.0
    async with asyncio.TaskGroup() as group:
        visits = [
            group.create_task(_visit(port, tokens[number % len(tokens)], path, query, start, seconds))
            for number in range(tabs)
        ]
        await start.wait()
        # Whoever measures something else meanwhile waits for this line: from now on everybody asks.
        sys.stdout.write("busy\n")
        sys.stdout.flush()
        began = time.perf_counter()
    elapsed = time.perf_counter() - began
    runs = [run for visit in visits for run in visit.result()]
    took = sorted(run.seconds for run in runs)
    spread = {f"p{share}": took[min(len(took) - 1, len(took) * share // 100)] for share in (50, 95)}
    return {"rate": len(runs) / elapsed, "wrong": sum(bool(run.wrong) for run in runs), **spread}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(crowd(**json.loads(sys.stdin.readline())))) + "\n")
