"""A web server on this machine that plays a vendor: it answers as told and remembers what it was asked."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Vendor:
    """What the vendor answers with, and the requests it got as (method, path, headers by their lower-case names)."""

    status: int = 200
    body: Any = field(default_factory=dict)
    delay: float = 0.0
    url: str = ""
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    # What was sent with each POST, and what the next ones are answered with (status, body) before it is `body` again.
    sent: list[bytes] = field(default_factory=list)
    next: list[tuple[int, Any]] = field(default_factory=list)


@contextmanager
def vendor(status: int = 200, body: Any = None, delay: float = 0.0) -> Iterator[Vendor]:
    """Serve one kind of answer on a free port until the block ends; `body` is sent as JSON, bytes as they are."""
    played = Vendor(status, body if body is not None else {}, delay)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            played.sent.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self.do_GET()

        def do_GET(self) -> None:
            played.asked.append(
                (self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
            )
            time.sleep(played.delay)
            status, body = played.next.pop(0) if played.next else (played.status, played.body)
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet: the test says what went wrong."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away before its answer is what some tests are about."""

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    played.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
