"""The example shop as a newcomer runs it, and what its page shows with the vendor there and gone."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tests.client.python.conftest import Site, wait_until
from tests.client.python.test_telemetry import kept
from tests.running import ROOT, free_port

Page = Callable[[str], str]


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    """Yield what fetches a page of a running shop; afterwards it must have ended by itself."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": "client/src",
        "CALOS_INSTALL_ID": site.license.install_id,
        "CALOS_INSTALL_SECRET": site.license.install_secret,
        "CALOS_URL": site.way.url,
        "CALOS_STATE_DIR": str(site.folder),
        "PORT": str(port),
    }
    shop = subprocess.Popen([sys.executable, "client/examples/shop.py"], cwd=ROOT, env=environment)

    def fetched(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def answers() -> bool:
        with suppress(OSError):
            return bool(fetched("/"))
        return False

    wait_until(answers)
    yield fetched
    shop.send_signal(signal.SIGINT)
    assert shop.wait(30) == 0


def test_the_shop_shows_its_verdict_seats_and_telemetry_and_outlives_its_vendor(site: Site, page: Page) -> None:
    home = page("/")
    assert "<b>VALID</b>" in home
    assert "chatbot is granted" in home
    assert "Nothing has been sent yet." in home
    assert "anna: VALID" in page("/sit?holder=anna")
    assert "ben: TOO_MANY_SEATS" in page("/sit?holder=ben")
    page("/leave?holder=ben")
    assert "nobody sits" in page("/leave?holder=anna")
    page("/report")
    shown = page("/send")
    assert "feature_used" in shown
    assert "anna" not in shown.partition("<pre>")[2], "people leave as hashes only"
    assert {"report", "GET /", "GET /sit"} <= {event["feature"] for event in kept(site)}
    site.way.mode = "reset"
    assert "<b>VALID</b>" in page("/")
