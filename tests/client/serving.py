"""The API as a process of its own on the tests' database, for clients that speak to it over a real connection."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.running import ROOT, free_port

PATIENCE_SECONDS = 120


@contextmanager
def served_api() -> Iterator[str]:
    """Yield its address without a trailing slash; the settings of the tests are in the environment already."""
    port = free_port()
    words = ["-m", "uvicorn", "--factory", "api.main:create_standalone", "--port", str(port), "--log-level", "warning"]
    settings = {"CALOS_PORT": str(port), "CALOS_WORKER": "0"}
    process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env={**os.environ, **settings})
    try:
        address = f"http://localhost:{port}"
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise AssertionError(f"it ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"not ready after {PATIENCE_SECONDS} s")
