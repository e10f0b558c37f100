"""Requests to addresses that somebody typed in: never into our own network, never further than told, never for long."""

import http.client
import ipaddress
import json
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidInput, UpstreamFailed

CONNECT_SECONDS: Final = 5.0
SECONDS: Final = 15.0
# What is read of an answer; of it the log shows the beginning.
LONGEST_ANSWER: Final = 256 * 1024
EXCERPT: Final = 500
LONGEST_URL: Final = 2_000
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_PORTS: Final = {"https": 443, "http": 80}

Found = Sequence[tuple[Any, ...]]
Resolver = Callable[..., Found]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """What came back; `headers` have lower-case names."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status < 300

    @property
    def excerpt(self) -> str:
        """The beginning of the body, for people to read."""
        said = self.body[: 4 * EXCERPT].decode("utf-8", "replace")
        return "".join(c if c.isprintable() or c == "\n" else " " for c in said)[:EXCERPT]

    def json(self) -> Any:
        """Return the body as JSON, or raise UpstreamFailed."""
        try:
            return json.loads(self.body)
        except ValueError as wrong:
            raise UpstreamFailed(f"It answered {self.status} with something that is no JSON.") from wrong

    def at(self, *path: str | int) -> Any:
        """Return what lies at a path within the body's JSON, or raise UpstreamFailed."""
        found = self.json()
        try:
            for step in path:
                found = found[step]
        except (KeyError, IndexError, TypeError) as wrong:
            where = ".".join(str(step) for step in path)
            raise UpstreamFailed(f"It answered {self.status} without {where}.") from wrong
        return found

    def retry_after(self, now: datetime) -> float | None:
        """Return the seconds that Retry-After asks for, in either of its forms; None without."""
        given = self.headers.get("retry-after", "").strip()
        if given.isascii() and given.isdigit():
            return float(given[:9])
        try:
            at = parsedate_to_datetime(given)
        except ValueError:
            return None
        return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def checked_url(url: str, *, private: bool) -> str:
    """Return an address that requests may go to, or raise InvalidInput: https, a host, no user, nothing odd in it.

    `private` (CALOS_WEBHOOK_PRIVATE) also lets plain http through. Where the host leads is looked at with each request.
    """
    url = url.strip()
    parts = _split(url)
    if not parts.hostname or parts.scheme not in ({"https", "http"} if private else {"https"}):
        raise InvalidInput("Give an address that begins with https://.", field="url")
    if parts.username is not None or parts.fragment or len(url) > LONGEST_URL or not url.isascii() or " " in url:
        raise InvalidInput("Give a plain address, without a user, a # or a space in it.", field="url")
    if not url.isprintable():
        raise InvalidInput("The address holds a character that cannot be read.", field="url")
    return url


def request(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    private: bool = False,
    seconds: float = SECONDS,
    resolve: Resolver | None = None,
) -> Answer:
    """Send one request and return the answer, whatever its status; redirects are answers, too.

    The host is resolved once, every address it has is checked, and the connection goes to the one that was checked.
    Resolving counts among the `seconds`. Raises UpstreamFailed where nothing answers in time, or where it leads to
    where it must not.
    """
    began = time.monotonic()
    parts = _split(checked_url(url, private=private))
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    family, where = _resolved(host, port, private=private, seconds=seconds, resolve=resolve or socket.getaddrinfo)
    connection = _Pinned(parts.scheme, host, port, family, where)
    # A time-out of the socket begins anew with each byte; this one does not.
    watch = threading.Timer(max(0.0, began + seconds - time.monotonic()), connection.cut)
    watch.daemon = True
    watch.start()
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request(method, path, body=body, headers={"User-Agent": "Calos", **(headers or {})})
        answer = connection.getresponse()
        read = answer.read(LONGEST_ANSWER)
        if connection.was_cut:
            raise UpstreamFailed(f"{host} did not answer within {seconds:g} seconds.")
        return Answer(answer.status, read, {name.lower(): value for name, value in answer.getheaders()})
    except (OSError, http.client.HTTPException) as failure:
        raise UpstreamFailed(_why(host, failure, connection, seconds)) from failure
    finally:
        watch.cancel()
        connection.close()


def forbidden(address: Address, *, private: bool) -> bool:
    """Whether requests must not go there: our own machine and network, and whatever else is not the internet.

    `private` opens loopback and private networks, and never the link-local ones, where clouds keep their metadata.
    """
    inner = _within(address)
    if inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        return True
    if inner.is_global:
        # Deprecated since 2004, and some networks of companies still number their machines so.
        return inner.is_reserved or (isinstance(inner, ipaddress.IPv6Address) and inner.is_site_local)
    return not (private and (inner.is_loopback or inner.is_private))


def _within(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64), else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address


def _resolved(host: str, port: int, *, private: bool, seconds: float, resolve: Resolver) -> tuple[int, tuple[Any, ...]]:
    """Return the family and the socket address to connect to, every one of the host's having been checked."""
    found = _looked_up(host, port, seconds, resolve)
    if isinstance(found, Exception):
        raise UpstreamFailed(f"There is no host {host[:200]}: {found}") from found
    for _, _, _, _, where in found:
        if forbidden(ipaddress.ip_address(str(where[0]).partition("%")[0]), private=private):
            raise UpstreamFailed(
                f"{host[:200]} leads to {where[0]}, which is not on the internet. Nothing was sent.",
                code="private_address",
            )
    family, _, _, _, first = found[0]
    return family, first


def _looked_up(host: str, port: int, seconds: float, resolve: Resolver) -> Found | Exception:
    """Ask for a host's addresses, in a thread that is left to itself if it takes too long: nothing else ends it."""
    said: queue.SimpleQueue[Found | Exception] = queue.SimpleQueue()

    def look() -> None:
        try:
            said.put(resolve(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as failure:
            said.put(failure)

    threading.Thread(target=look, name="resolve", daemon=True).start()
    try:
        return said.get(timeout=seconds)
    except queue.Empty:
        raise UpstreamFailed(f"The name {host[:200]} was not resolved within {seconds:g} seconds.") from None


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever the name resolves to by now; TLS still asks for the name."""

    def __init__(self, scheme: str, host: str, port: int, family: int, where: tuple[Any, ...]) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self._scheme, self._family, self._where = scheme, family, where
        self.was_cut = False

    def connect(self) -> None:
        """Connect to the checked address."""
        made = socket.socket(self._family, socket.SOCK_STREAM)
        made.settimeout(CONNECT_SECONDS)
        self.sock = made
        made.connect(self._where)
        if self._scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(made, server_hostname=self.host)
        self.sock.settimeout(SECONDS)

    def cut(self) -> None:
        """End it from another thread: whoever reads or writes gets an error."""
        self.was_cut = True
        held = self.sock
        if held is not None:
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as wrong:
        raise InvalidInput("This is no address. Give one such as https://example.com/hook.", field="url") from wrong
    return parts


def _why(host: str, failure: Exception, connection: _Pinned, seconds: float) -> str:
    if connection.was_cut or isinstance(failure, TimeoutError):
        return f"{host} did not answer within {seconds:g} seconds."
    if isinstance(failure, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not to be trusted: {failure.verify_message}."
    return f"{host} did not answer: {' '.join(str(failure).split())[:200] or type(failure).__name__}"
