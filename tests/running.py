"""A whole Calos in processes of its own, on a free port and a throw-away home, for tests that use it as people do."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 240


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """One started Calos: where it answers, where its data lies, and its process."""

    home: Path
    port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        """Return its address without a trailing slash."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """Return what it has printed so far."""
        return (self.home / "test.log").read_text()

    def start(self, *command: str) -> None:
        """Start it, by default as `make run` does; returns at once."""
        words = command or (sys.executable, "manage.py", "serve")
        with (self.home / "test.log").open("ab") as log:
            self.process = subprocess.Popen(
                words, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_ready(self) -> float:
        """Return the seconds until it was ready; fails with its log when it ends or takes too long."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_SECONDS:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log[-4000:]}")
            if _answers(f"{self.url}/readyz"):
                return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"not ready after {PATIENCE_SECONDS} s:\n{self.log[-4000:]}")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)

    def left_over(self) -> list[int]:
        """Return the pids of processes that still work on this home."""
        mark = str(self.home).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes()
                surroundings = (entry / "environ").read_bytes()
            except OSError:
                continue
            if mark in words or b"CALOS_HOME=" + mark in surroundings:
                found.append(int(entry.name))
        return found


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running_calos(**settings: str) -> Iterator[Running]:
    """Yield a Calos that is not started yet; whatever becomes of the test, nothing of it is left running."""
    folder = "/var/tmp" if os.geteuid() == 0 else None  # noqa: S108 - see tests/conftest.py
    home = Path(tempfile.mkdtemp(prefix="calos-running-", dir=folder))
    port = free_port()
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("CALOS_", "PYTEST_"))}
    for key in ("DATABASE_URL", "TELEMETRY_URL", "JWT_SECRET"):
        inherited.pop(key, None)
    environment = {**inherited, "CALOS_HOME": str(home), "CALOS_PORT": str(port), **settings}
    made = Running(home, port, environment)
    try:
        yield made
    finally:
        if hasattr(made, "process") and made.process.poll() is None:
            made.end(signal.SIGKILL)
        _wait_gone(made)
        shutil.rmtree(home, ignore_errors=True)


def _wait_gone(made: Running) -> None:
    """Wait until the embedded server has noticed that nobody holds it any more."""
    for _ in range(100):
        if not made.left_over():
            return
        time.sleep(0.1)
