"""The vendor as a client sees it: the whole API on a port of its own, a license for each test, and faults between."""

import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from calos import LicenseClient, Telemetry, Usage

from core import clock
from core.config import Settings
from core.databases import Databases
from core.licensing.policy import Policy
from core.licensing.writes import Issued, issue
from core.organizations.writes import create_organization
from db.session import SYSTEM
from tests.cast import Cast
from tests.client.python.faults import Relay, relay
from tests.running import free_port

PATIENCE_SECONDS = 60


@pytest.fixture(scope="session")
def vendor_url(test_settings: Settings, databases: Databases, cast: Cast) -> Iterator[str]:
    """Yield the address of the whole API, served over HTTP by this process."""
    from api.main import create_standalone  # after the settings of this worker are in the environment

    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(create_standalone(), host="127.0.0.1", port=port, log_level="critical", access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: _is_ready(url))
    yield url
    server.should_exit = True
    thread.join(30)


def _is_ready(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def wait_until(holds: Callable[[], Any]) -> None:
    """Wait until it holds; fails after a minute."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends, "it never came to hold"
        time.sleep(0.01)


@pytest.fixture
def vendor(vendor_url: str) -> Iterator[Relay]:
    """Yield the way to the vendor, which a test can break."""
    with relay(vendor_url) as made:
        yield made


@pytest.fixture
def license(databases: Databases, cast: Cast) -> Issued:
    """Return a license of a customer of its own: two installations, one seat, with an entitlement."""
    return new_license(databases, cast, Policy(max_installs=2, max_seats=1, entitlements=("chatbot",)))


def new_license(databases: Databases, cast: Cast, policy: Policy) -> Issued:
    """Return a license committed for one test."""
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Acme", now=clock.now())
        return issue(
            session,
            cast.system,
            customer,
            "pro",
            term="paid",
            billing_period="annual",
            policy=policy,
            now=clock.now(),
        )


@dataclass
class Wall:
    """A wall clock that a test can turn."""

    off: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Return the time it shows."""
        return clock.now() + self.off

    def turn(self, **by: float) -> None:
        """Turn it so far from where it is."""
        self.off += timedelta(**by)


@dataclass
class Site:
    """One deployment: its folder, its clock, its way to the vendor; makes clients, each as a fresh start would."""

    folder: Path
    license: Issued
    way: Relay
    wall: Wall = field(default_factory=Wall)
    made: list[LicenseClient | Telemetry | Usage] = field(default_factory=list)

    def client(self, **given: Any) -> LicenseClient:
        """Return a new client, as after a start."""
        made = LicenseClient(*self._who(), **{"state_dir": self.folder, "clock": self.wall, **given})
        self.made.append(made)
        return made

    def telemetry(self, **given: Any) -> Telemetry:
        """Return new telemetry, which sends when told to."""
        made = Telemetry(*self._who(), **{"state_dir": self.folder, "flush_seconds": 3_600, **given})
        self.made.append(made)
        return made

    def usage(self, **given: Any) -> Usage:
        """Return a new reporter of usage, which sends when told to."""
        made = Usage(*self._who(), **{"state_dir": self.folder, "flush_seconds": 3_600, **given})
        self.made.append(made)
        return made

    def _who(self) -> tuple[str, str, str]:
        return self.license.install_id, self.license.install_secret, self.way.url


@pytest.fixture
def site(license: Issued, vendor: Relay, tmp_path: Path) -> Iterator[Site]:
    """Yield a deployment of the license."""
    made = Site(tmp_path / "state", license, vendor)
    yield made
    for one in made.made:
        one.close(0.0)
