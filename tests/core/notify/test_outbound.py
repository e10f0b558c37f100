"""Where requests may go: not into our own network by any spelling, not on by a redirect, not for longer than told."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput, UpstreamFailed
from core.notify.outbound import Answer, checked_url, forbidden, request
from tests.certificates import certificate
from tests.conftest import NOW
from tests.loopback import vendor

NOWHERE = "0.0.0.0"  # noqa: S104 - an address to be refused, not to listen at
INSIDE = [
    "127.0.0.1", "127.9.9.9", NOWHERE, "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
    "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:db8::1",
    "fec0::1",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_the_internet_is_forbidden(address: str) -> None:
    assert forbidden(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_internet_is_open(address: str) -> None:
    assert not forbidden(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize(
    ("address", "shut"),
    [("127.0.0.1", False), ("10.0.0.1", False), ("::1", False), ("169.254.169.254", True), ("fe80::1", True),
     ("::ffff:169.254.169.254", True), ("64:ff9b::a9fe:a9fe", True), (NOWHERE, True), ("224.0.0.1", True)],
)  # fmt: skip
def test_the_setting_opens_our_own_network_but_never_metadata(address: str, shut: bool) -> None:
    assert forbidden(ipaddress.ip_address(address), private=True) is shut


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "2130706433", "0x7f.1", "0x7f000001", "127.1",
     "0177.0.0.1", "017700000001", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]",
     "[64:ff9b::127.0.0.1]", NOWHERE, "0", "0x0", "[::]", "[::ffff:0.0.0.0]", "10.1", "[::ffff:10.0.0.1]",
     "[fe80::1]", "[::ffff:a9fe:a9fe]"],
)  # fmt: skip
def test_no_spelling_of_this_machine_is_reached(host: str) -> None:
    with vendor() as played:
        port = played.url.rpartition(":")[2]
        with pytest.raises(UpstreamFailed) as refused:
            request("POST", f"https://{host}:{port}/hook", body=b"{}")
        assert refused.value.code == "private_address"
    assert played.asked == []


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com/", "https://", "https://user@example.com/", "https://example.com/#x",
     "https://exa mple.com/", "https://example.com:99999/", "javascript:alert(1)", "file:///etc/passwd", "",
     "https://example.com/\r\nHost: x", "https://éxample.com/", "https://example.com/" + "x" * 2_000],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        checked_url(url, private=False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_nothing_more(status: int) -> None:
    with vendor() as inside, _raw(f"HTTP/1.1 {status} On\r\nLocation: {inside.url}/\r\n\r\n".encode()) as url:
        assert request("POST", url, body=b"{}", private=True).status == status
    assert inside.asked == []


@pytest.mark.parametrize("leads_to", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "fd00::1", "::1"])
def test_a_name_that_leads_inside_is_refused_also_on_a_later_try(leads_to: str) -> None:
    answers = iter(["::ffff:8.8.8.8", leads_to, leads_to])

    def turning(host: str, port: int, **_: Any) -> Any:
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (next(answers), port, 0, 0))]

    turning("hook.example", 443)
    for _ in range(2):
        with pytest.raises(UpstreamFailed, match="not on the internet") as refused:
            request("POST", "https://hook.example/", body=b"{}", resolve=turning)
        assert refused.value.code == "private_address"


def test_a_name_that_takes_too_long_to_resolve_is_given_up() -> None:
    over = threading.Event()

    def slow(host: str, port: int, **_: Any) -> Any:
        # As long as anybody waits for it.
        over.wait()
        raise socket.gaierror("too late")

    try:
        with vendor() as played, pytest.raises(UpstreamFailed, match=r"not resolved within 0\.2 seconds"):
            request("POST", f"{played.url}/hook", body=b"{}", private=True, seconds=0.2, resolve=slow)
        assert played.asked == []
    finally:
        over.set()


def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer would lead elsewhere; the connection goes to the address that was checked."""
    real, asked = socket.getaddrinfo, []

    def rebinding(host: str, port: int, *given: Any, **named: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "169.254.169.254", port, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with vendor(body={"taken": True}) as played:
        port = played.url.rpartition(":")[2]
        assert request("POST", f"http://hook.example:{port}/", body=b"{}", private=True).status == 200
        assert asked == ["hook.example"]
        assert played.asked[0][2]["host"] == f"hook.example:{port}"


def test_one_bad_address_of_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(host: str, port: int, **named: Any) -> Any:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("93.184.216.34", "10.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(UpstreamFailed, match=r"10\.0\.0\.1"):
        request("POST", "https://hook.example/", body=b"{}")


def test_a_receiver_that_drips_is_cut_off() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    with _raw(drip) as url, pytest.raises(UpstreamFailed, match=r"within 0\.5 seconds"):
        request("POST", url, body=b"{}", private=True, seconds=0.5)


def test_an_endless_answer_is_read_no_further_than_told() -> None:
    with _raw(b"HTTP/1.1 500 No\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 400_000) as url:
        answer = request("POST", url, body=b"{}", private=True)
    assert (answer.status, len(answer.body)) == (500, 256 * 1024)
    assert len(answer.excerpt) == 500


@pytest.mark.parametrize("raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500])
def test_what_is_no_answer_is_said(raw: bytes) -> None:
    with _raw(raw) as url, pytest.raises(UpstreamFailed):
        request("POST", url, body=b"{}", private=True)


def test_nobody_there_is_said() -> None:
    with pytest.raises(UpstreamFailed, match="did not answer"):
        request("POST", "http://127.0.0.1:1/", private=True)
    with pytest.raises(UpstreamFailed, match="no host"):
        request("POST", "https://there.is.no.such.host.invalid/")


def test_a_certificate_is_checked_against_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = certificate(tmp_path, "hook.example")
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *given, **named: real("127.0.0.1", *given, **named))
    with _raw(b"HTTP/1.1 204 No Content\r\n\r\n", tls=context) as url:
        port = url.rpartition(":")[2]
        with pytest.raises(UpstreamFailed, match="not to be trusted"):
            request("POST", f"https://hook.example:{port}", private=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert request("POST", f"https://hook.example:{port}", private=True).status == 204
        with pytest.raises(UpstreamFailed, match="not to be trusted"):
            request("POST", f"https://other.example:{port}", private=True)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("120", 120.0), ("Sat, 21 Nov 2026 12:02:00 GMT", 120.0), ("Sat, 21 Nov 2020 12:00:00 GMT", 0.0), ("soon", None),
     ("", None), ("-5", None), ("٣", None)],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(given: str, seconds: float | None) -> None:
    assert Answer(503, headers={"retry-after": given}).retry_after(NOW) == seconds


def _hear_out(connection: socket.socket) -> None:
    """Read the whole request: closing with some of it unread would reset the connection under the answer."""
    heard = b""
    while not heard.endswith(b"{}"):
        part = connection.recv(65_536)
        if not part:
            return
        heard += part
        if b"Content-Length: 0\r\n" in heard and heard.endswith(b"\r\n\r\n"):
            return


@contextmanager
def _raw(answer: Any, tls: Any = None) -> Iterator[str]:
    """Serve bytes, or whatever a function does with the connection, to everybody who connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
                connection.settimeout(5)
                with tls.wrap_socket(connection, server_side=True) if tls else connection as spoken:
                    _hear_out(spoken)
                    answer(spoken) if callable(answer) else spoken.sendall(answer)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        thread.join(6)
        listener.close()
