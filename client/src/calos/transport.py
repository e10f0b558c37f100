"""One HTTP request within one deadline, through the proxy of the environment; no redirect is followed."""

from __future__ import annotations

import base64
import http.client
import io
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from . import forks
from .dialing import Deadline, Resolve, dial
from .errors import Misconfigured, Unreachable

LARGEST_ANSWER: Final = 4_000_000
LOOPBACK: Final = re.compile(r"localhost|127\.[0-9.]+|::1|[a-z0-9.-]+\.localhost")
_NO_LINE_BREAKS = re.compile(r"[\r\n]")


@dataclass(frozen=True)
class Answer:
    """What came back: the status, headers by lower-case name, and the whole body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Transport:
    """Requests to one address. Thread-safe; each request has a connection of its own."""

    def __init__(
        self,
        url: str,
        *,
        ca_file: str | None = None,
        allow_http: bool = False,
        resolve: Resolve = socket.getaddrinfo,
        version: str = "0.1.0",
    ) -> None:
        self._at = _address(url, allow_http=allow_http)
        self.url = url.rstrip("/")
        self._ca_file = ca_file
        self._resolve = resolve
        self._agent = f"calos-client/{version}"
        self._tls: ssl.SSLContext | None = None
        self._lock = forks.Lock()
        self._open: set[socket.socket] = set()
        self._aborted = False
        forks.in_child(self._leave_to_the_parent)

    def request(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer, whatever its status, within `timeout` seconds in all. Unreachable."""
        deadline = Deadline(time.monotonic() + timeout)
        try:
            return self._exchange(method, path, body, headers or {}, deadline)
        except (OSError, http.client.HTTPException, ValueError) as wrong:
            # ValueError: what http.client and ssl make of nonsense, such as a status line of letters.
            raise Unreachable(f"{self.url} cannot be reached: {_told(wrong)}") from wrong

    def abort(self) -> None:
        """Break off what is under way, so that whoever waits for it is told at once; nothing can be asked after."""
        with self._lock:
            self._aborted = True
            for sock in self._open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def _leave_to_the_parent(self) -> None:
        self._open = set()

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], deadline: Deadline
    ) -> Answer:
        proxy = self._proxy()
        sock = self._connected(proxy, deadline)
        try:
            through_http_proxy = proxy is not None and self._at.scheme == "http"
            target = self._at.path.rstrip("/") + path
            if through_http_proxy:
                target = f"http://{self._at.netloc}{target}"
            sent = {"Host": self._at.netloc, "User-Agent": self._agent, "Accept": "application/json", **headers}
            if proxy is not None and through_http_proxy:
                sent.update(_credentials(proxy))
            if body is not None:
                sent["Content-Length"] = str(len(body))
            sock.settimeout(deadline.left())
            sock.sendall(_head(method, target, {**sent, "Connection": "close"}) + (body or b""))
            return _read(sock, method, deadline)
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _connected(self, proxy: SplitResult | None, deadline: Deadline) -> socket.socket:
        to = proxy or self._at
        sock = dial(
            to.hostname or "", to.port or _default_port(to.scheme), deadline, self._resolve, lambda: self._aborted
        )
        try:
            self._note_open(sock)
            if self._at.scheme == "http":
                return sock
            if proxy is not None:
                _tunnel(sock, proxy, f"{self._at.hostname}:{self._at.port or 443}", deadline)
            sock.settimeout(deadline.left())
            wrapped = self._context().wrap_socket(sock, server_hostname=self._at.hostname)
            self._note_open(wrapped)
        except BaseException:
            sock.close()
            raise
        finally:
            if self._at.scheme == "https":
                with self._lock:
                    self._open.discard(sock)
        return wrapped

    def _note_open(self, sock: socket.socket) -> None:
        with self._lock:
            if self._aborted:
                raise OSError("the client is closed")
            self._open.add(sock)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._ca_file)
        return self._tls

    def _proxy(self) -> SplitResult | None:
        """Return the proxy that the environment names for the address, unless it is exempt."""
        named = getproxies().get(self._at.scheme) or getproxies().get("all")
        if not named or proxy_bypass(self._at.netloc) or proxy_bypass(self._at.hostname or ""):
            return None
        proxy = urlsplit(named if "://" in named else f"http://{named}")
        if proxy.scheme != "http" or not proxy.hostname:
            raise OSError(
                f"the proxy {proxy.scheme}://{proxy.hostname} is of a kind that is not supported; use http://"
            )
        return proxy


class _Readable(io.RawIOBase):
    """A socket to read from until the deadline, however slowly it drips."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


class _Source:
    """What http.client asks of a socket: a file to read from."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = _Readable(sock, deadline)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


def _read(sock: socket.socket, method: str, deadline: Deadline) -> Answer:
    response = http.client.HTTPResponse(_Source(sock, deadline), method=method)  # type: ignore[arg-type]  # asks for no more of it than makefile
    response.begin()
    body = response.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise OSError(f"the answer is larger than {LARGEST_ANSWER:,} bytes")
    if response.length:
        raise OSError("the answer was cut off")
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


def _tunnel(sock: socket.socket, proxy: SplitResult, to: str, deadline: Deadline) -> None:
    """Have the proxy connect us through, reading not a byte more than its answer."""
    sock.settimeout(deadline.left())
    sock.sendall(_head("CONNECT", to, {"Host": to, **_credentials(proxy)}))
    answer = b""
    while b"\r\n\r\n" not in answer:
        sock.settimeout(deadline.left())
        got = sock.recv(1)
        if not got or len(answer) > 16_000:
            raise OSError("the proxy closed the connection")
        answer += got
    status = answer.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(status) < 2 or status[1] != "200":
        raise OSError(f"the proxy refuses to connect: {' '.join(status)[:200]}")


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any(_NO_LINE_BREAKS.search(line) for line in lines):
        raise ValueError("a header holds a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}


def _address(url: str, *, allow_http: bool) -> SplitResult:
    try:
        at = urlsplit(url)
        port = at.port
    except ValueError as wrong:
        raise Misconfigured(f"{url} is no address: {wrong}") from wrong
    if at.scheme not in {"http", "https"} or not at.hostname or at.query or at.fragment or at.username or port == 0:
        raise Misconfigured(f"“{url}” is no address of a vendor: it begins with https:// and names a host.")
    if at.scheme == "http" and not allow_http and not LOOPBACK.fullmatch(at.hostname):
        raise Misconfigured(
            f"{url} would carry the install secret in clear text; use https, or set CALOS_ALLOW_HTTP=1 in a network "
            "where nobody else listens."
        )
    return at


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _told(wrong: OSError | http.client.HTTPException | ValueError) -> str:
    if isinstance(wrong, (socket.timeout, TimeoutError)):
        return "no answer in time"
    if isinstance(wrong, http.client.HTTPException):
        return f"the answer is broken ({type(wrong).__name__})"
    return str(wrong) or type(wrong).__name__
