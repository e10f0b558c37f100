"""What the doctor finds of the machine: Python, packages, the home folder, the port."""

import errno
import http.client
import os
import re
import shutil
import socket
import ssl
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from core.config import Settings
from core.doctor.finding import Finding, bad, good

OLDEST_PYTHON = (3, 11)
# Enough for a day's telemetry of a hundred customers and for PostgreSQL to check-point; less and it may stop.
LEAST_FREE_BYTES = 1_000_000_000
ANSWER_SECONDS = 2.0
INSTALL = "Run: .venv/bin/pip install -r requirements.txt -c requirements.lock"
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def findings(settings: Settings, root: Path) -> Iterator[Finding]:
    """Yield what is found of the machine."""
    yield good("Calos", _version(root))
    yield python(sys.version_info[:3])
    yield packages(root)
    yield home(settings.home)
    yield port(settings)
    yield good("Chromium", "not needed to run Calos; only its own browser tests use it")


def python(version: tuple[int, ...]) -> Finding:
    """Say whether this Python is new enough."""
    said = ".".join(str(part) for part in version)
    if version < OLDEST_PYTHON:
        return bad(
            "Python", f"{said} is too old", "Install Python 3.11 or newer, then: make clean run PYTHON=python3.11"
        )
    return good("Python", said)


def packages(root: Path) -> Finding:
    """Compare what is installed with requirements.lock; what only tests need may be missing."""
    locked = dict(_pins(root / "requirements.lock"))
    needed = {NAME.match(line).group() for line in _lines(root / "requirements.txt")}  # type: ignore[union-attr]  # pinned lines begin with a name
    installed = {name: _installed(name) for name in {*locked, *(name.lower() for name in needed)}}
    missing = sorted(name for name in needed if installed[name.lower()] is None)
    if missing:
        return bad("Packages", f"not installed: {', '.join(missing)}", INSTALL)
    others = sorted(
        f"{name} {found} (tested: {locked[name]})"
        for name, found in installed.items()
        if found is not None and name in locked and found != locked[name]
    )
    if others:
        return bad("Packages", f"other versions than tested: {', '.join(others[:5])}", INSTALL)
    return good("Packages", f"{len(needed)} direct ones are installed, every version is the tested one")


def home(folder: Path, *, least_free: int = LEAST_FREE_BYTES) -> Finding:
    """Say whether the home can be written and has room; where there is none yet, the folder it will be made in."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        return bad(
            "Home",
            f"{folder} can't be written by this account",
            "Set CALOS_HOME to a folder of this account, or run Calos as the account that owns it.",
        )
    free = shutil.disk_usage(nearest).free
    if free < least_free:
        return bad(
            "Home", f"{nearest} has {free / 1e9:.1f} GB left", "Free at least 1 GB there, or move CALOS_HOME elsewhere."
        )
    return good("Home", f"{folder}, {free / 1e9:.1f} GB free")


def port(settings: Settings) -> Finding:
    """Say whether the port is free, or Calos is what answers there."""
    where = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as refused:
            return _occupied(settings) if refused.errno == errno.EADDRINUSE else _unbindable(where, refused)
    return good("Port", f"{where} is free")


def _unbindable(where: str, refused: OSError) -> Finding:
    if refused.errno == errno.EACCES:
        return bad("Port", f"this account may not listen at {where}", "Set CALOS_PORT to a number from 1024 up.")
    return bad("Port", f"{where}: {refused.strerror or refused}", "Set CALOS_HOST to an address of this machine.")


def _occupied(settings: Settings) -> Finding:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    if _is_calos(host, settings.port, tls=bool(settings.tls_cert)):
        return good("Port", f"Calos answers at {settings.host}:{settings.port}")
    return bad(
        "Port",
        f"another program listens at {settings.host}:{settings.port}",
        "End that program, or set CALOS_PORT to a free port.",
    )


def _is_calos(host: str, number: int, *, tls: bool) -> bool:
    """Ask for /healthz. The certificate is not checked: the question is only who sits on our own port."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    asked = (
        http.client.HTTPSConnection(host, number, timeout=ANSWER_SECONDS, context=context)
        if tls
        else http.client.HTTPConnection(host, number, timeout=ANSWER_SECONDS)
    )
    try:
        asked.request("GET", "/healthz")
        answer = asked.getresponse()
        return answer.status == 200 and answer.read(16) == b"ok\n" and bool(answer.getheader("x-request-id"))
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _version(root: Path) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _pins(path: Path) -> Iterator[tuple[str, str]]:
    for line in _lines(path):
        name, _, version = line.partition("==")
        yield name.lower(), version


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text().splitlines():
        told = line.partition("#")[0].strip()
        if told and not told.startswith("-"):
            yield told
