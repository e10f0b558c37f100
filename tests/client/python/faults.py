"""What stands between a client and the vendor in tests: a relay that passes on, falls silent, drips, lies or closes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Relay:
    """Passes connections on to the vendor while `mode` is `pass`; counts every one, whatever becomes of it.

    Other modes: `silent` (reads and never answers), `drip` (a byte of an endless answer a moment), `reset` (closes at
    once), and any status line such as `500 Oops`, answered with `headers` and `body` (`times` of them, then `pass`).
    """

    upstream: str
    mode: str = "pass"
    headers: str = ""
    body: bytes = b""
    times: int | None = None
    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def answer(self, status: str, body: bytes = b"", headers: str = "", times: int | None = None) -> None:
        """Answer from now on with this status, so many times."""
        self.headers, self.body, self.times, self.mode = headers, body, times, status

    def serve(self, client: socket.socket) -> None:
        """Treat one connection by the mode there is."""
        with client:
            mode = self.mode
            if mode == "reset":
                return
            if mode == "silent":
                client.recv(65_536)
                self.released.wait()
            elif mode == "drip":
                self._drip(client)
            elif mode == "pass":
                self._pass(client)
            else:
                self._status(client, mode)

    def _drip(self, client: socket.socket) -> None:
        client.recv(65_536)
        try:
            client.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.released.wait(0.05):
                client.sendall(b"x")
        except OSError:
            return

    def _status(self, client: socket.socket, status: str) -> None:
        self.requests.append(_whole_request(client))
        if self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.mode = "pass"
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n{self.headers}\r\n"
        client.sendall(head.encode() + self.body)

    def _pass(self, client: socket.socket) -> None:
        to = urlsplit(self.upstream)
        request = _whole_request(client)
        self.requests.append(request)
        with socket.create_connection((to.hostname or "", to.port or 80)) as vendor:
            vendor.sendall(request)
            while part := vendor.recv(65_536):
                client.sendall(part)


@contextmanager
def relay(upstream: str = "http://127.0.0.1:9", mode: str = "pass") -> Iterator[Relay]:
    """Serve a relay on a free port until the block ends."""
    made = Relay(upstream, mode)
    listening = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            made.connections += 1
            threading.Thread(target=_quietly, args=(made, client), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield made
    finally:
        made.released.set()
        # Wakes the accept, which closing alone does not.
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _quietly(made: Relay, client: socket.socket) -> None:
    try:
        made.serve(client)
    except OSError:
        return


def _whole_request(client: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        part = client.recv(65_536)
        if not part:
            return request
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        part = client.recv(65_536)
        if not part:
            break
        request += part
        body += part
    return request
