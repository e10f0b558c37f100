"""A small HTTP/1.1 load generator: one process, N keep-alive connections, requests prepared beforehand."""

import asyncio
import json
import sys
import time
from itertools import count


async def _connection(port: int, requests: list[bytes], turns: "count[int]", until: float, took: list[float]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    failed = 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(requests[next(turns) % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
        failed += not head.startswith(b"HTTP/1.1 200")
    writer.close()
    return failed


async def _load(port: int, path: str, bodies: list[str], headers: list[str], connections: int, seconds: float) -> None:
    requests = [
        (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{header}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        for body, header in zip(bodies, headers, strict=True)
    ]
    took: list[float] = []
    turns = count()
    began = time.perf_counter()
    until = began + seconds
    failed = await asyncio.gather(*(_connection(port, requests, turns, until, took) for _ in range(connections)))
    elapsed = time.perf_counter() - began
    took.sort()
    spread = {f"p{share}": took[min(len(took) - 1, len(took) * share // 100)] * 1000 for share in (50, 95, 99)}
    sys.stdout.write(json.dumps({"rate": len(took) / elapsed, "failed": sum(failed), **spread}))


if __name__ == "__main__":
    given = json.load(sys.stdin)
    import uvloop

    uvloop.run(_load(**given))
