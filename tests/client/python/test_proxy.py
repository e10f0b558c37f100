"""Proxies of the environment: plain and tunneled, with a password, broken, exempted; and TLS with a CA of one's own."""

import base64
import datetime
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from calos import Unreachable
from calos.transport import Transport
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from core import clock
from tests.client.python.conftest import Site


class Proxy:
    """An HTTP proxy that passes requests on, and tunnels; `asked` are the first lines and credentials it got."""

    def __init__(self, refuse: bytes = b"") -> None:
        self.refuse = refuse
        self.asked: list[tuple[str, str]] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            part = client.recv(65_536)
            if not part:
                return
            head += part
        lines = head.decode("latin-1").split("\r\n")
        password = next((line.partition(": ")[2] for line in lines if line.startswith("Proxy-Authorization")), "")
        self.asked.append((lines[0], password))
        method, target, _ = lines[0].split(" ")
        if self.refuse:
            client.sendall(self.refuse)
            client.close()
            return
        to = urlsplit(f"//{target}") if method == "CONNECT" else urlsplit(target)
        vendor = socket.create_connection((to.hostname or "", to.port or 80))
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            vendor.sendall(head.replace(f"http://{to.netloc}".encode(), b"", 1))
        _pump(client, vendor)


def _pump(client: socket.socket, vendor: socket.socket) -> None:
    with client, vendor:
        while True:
            for ready in select.select([client, vendor], [], [])[0]:
                try:
                    part = ready.recv(65_536)
                except OSError:
                    return
                if not part:
                    return
                (vendor if ready is client else client).sendall(part)


@contextmanager
def proxy(refuse: bytes = b"") -> Iterator[Proxy]:
    made = Proxy(refuse)
    yield made
    made.listening.shutdown(socket.SHUT_RDWR)
    made.listening.close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as between:
        monkeypatch.setenv("http_proxy", f"http://anna:p%40ss@127.0.0.1:{between.port}")
        assert site.client().verify().valid
        telemetry = site.telemetry()
        telemetry.track("login")
        assert telemetry.flush()
        first, password = between.asked[0]
    assert first == f"POST {site.way.url}/api/licenses/verify HTTP/1.1"
    assert base64.b64decode(password.removeprefix("Basic ")) == b"anna:p@ss"


def test_what_the_environment_exempts_goes_straight(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as between:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{between.port}")
        monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
        assert site.client().verify().valid
        assert between.asked == []


@pytest.mark.parametrize(
    "word", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 503 No\r\n\r\n", b"what?", b"\x00"]
)
def test_a_proxy_that_refuses_decides_nothing(site: Site, monkeypatch: pytest.MonkeyPatch, word: bytes) -> None:
    site.client().start()
    with proxy(refuse=word) as between:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{between.port}")
        state = site.client().verify()
    assert state.valid
    assert state.problem


def test_a_proxy_that_is_not_there_or_not_understood_decides_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.client().start()
    for address in ("http://127.0.0.1:1", "socks5://127.0.0.1:1080", "http://", "http://127.0.0.1:99999"):
        monkeypatch.setenv("http_proxy", address)
        state = site.client().verify()
        assert state.valid
        assert state.problem, address


@contextmanager
def over_tls(folder: Path, upstream: str, name: str = "localhost") -> Iterator[tuple[int, Path]]:
    """Yield the port of a TLS end in front of the vendor, and the certificate to trust it by."""
    certificate = _certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = socket.create_server(("127.0.0.1", 0))
    to = urlsplit(upstream)

    def serve(client: socket.socket) -> None:
        try:
            wrapped = context.wrap_socket(client, server_side=True)
        except OSError:
            client.close()
            return
        vendor = socket.create_connection((to.hostname or "", to.port or 80))
        with wrapped, vendor:
            vendor.sendall(wrapped.recv(1_000_000))
            while part := vendor.recv(65_536):
                wrapped.sendall(part)

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listening.getsockname()[1], certificate
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - datetime.timedelta(days=1))
        .not_valid_after(clock.now() + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def test_tls_goes_through_a_tunnel_and_is_checked_by_the_given_ca(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy() as between, over_tls(tmp_path, site.way.upstream) as (port, certificate):
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{between.port}")
        trusted = Transport(f"https://localhost:{port}", ca_file=str(certificate))
        assert site.client(transport=trusted).verify().valid
        assert between.asked[0][0] == f"CONNECT localhost:{port} HTTP/1.1"
        with pytest.raises(Unreachable, match="certificate verify failed"):
            Transport(f"https://localhost:{port}").request("GET", "/", timeout=5)
        monkeypatch.delenv("https_proxy")
        assert trusted.request("GET", "/healthz", timeout=5).status == 200


def test_a_certificate_for_another_name_is_refused(site: Site, tmp_path: Path) -> None:
    with over_tls(tmp_path, site.way.upstream, "elsewhere.example") as (port, certificate):
        transport = Transport(f"https://localhost:{port}", ca_file=str(certificate))
        with pytest.raises(Unreachable, match="certificate verify failed"):
            transport.request("GET", "/", timeout=5)


@pytest.mark.parametrize("word", [b"HTTP/1.1 403 Forbidden\r\n\r\n", b"no", b"HTTP/1.1 200"])
def test_a_proxy_that_does_not_tunnel_decides_nothing(site: Site, monkeypatch: pytest.MonkeyPatch, word: bytes) -> None:
    with proxy(refuse=word) as between:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{between.port}")
        with pytest.raises(Unreachable, match="proxy"):
            Transport("https://licenses.example.com").request("GET", "/", timeout=5)
