"""Homes for embedded servers and processes that hold them."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db import embedded
from tests.db.embedded_servers import HOLDER, ROOT


@pytest.fixture
def home() -> Iterator[Path]:
    """A home every user can reach (pytest's own folders are closed), with a name that needs quoting."""
    base = Path(tempfile.mkdtemp(prefix="calos-embedded-"))
    base.chmod(0o755)
    place = base / "home of Zoë's"
    yield place
    embedded.stop(place)
    shutil.rmtree(base)


@pytest.fixture
def hold(home: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start processes that hold the server of `home` until their standard input closes."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, str(home)]
        holder = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(holder)
        return holder

    yield begin
    for holder in started:
        holder.kill()
        holder.communicate()
