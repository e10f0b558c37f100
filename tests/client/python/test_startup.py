"""Starting and ending: no vendor, network or name server keeps the host from either, and no thread is left behind."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from calos import Unreachable
from calos.client import START_SECONDS
from calos.transport import Transport

from tests.client.python.conftest import Site, wait_until
from tests.client.python.faults import Relay, relay
from tests.running import ROOT

SOURCE = ROOT / "client" / "src"
HOST = """
import sys
from calos import LicenseClient, Telemetry
client = LicenseClient("inst-1", "secret", sys.argv[1], state_dir=sys.argv[2])
telemetry = Telemetry("inst-1", "secret", sys.argv[1], state_dir=sys.argv[2], flush_seconds=0.1)
telemetry.track("login")
print(client.start().code, flush=True)
"""


@pytest.mark.parametrize("fault", ["silent", "drip", "reset", "500 Oops"])
def test_the_host_starts_while_the_vendor_still_does_not_answer(site: Site, fault: str) -> None:
    site.way.mode = fault
    state = site.client().start(timeout=3_600)
    # The relay is let go only after the test: whoever waited for it would wait for ever.
    assert not site.way.released.is_set()
    assert (state.valid, state.code) == (False, "NOT_VERIFIED")
    assert START_SECONDS == 2.0


def test_a_start_with_a_kept_answer_is_valid_while_the_vendor_is_silent(site: Site) -> None:
    site.client().start()
    site.way.mode = "silent"
    assert site.client().start().valid


def test_the_first_answer_is_waited_for_no_longer_than_told_and_comes_later(site: Site) -> None:
    site.way.mode = "silent"
    client = site.client()
    assert client.start(timeout=0.0).code == "NOT_VERIFIED"
    site.way.mode = "pass"
    assert client.verify().valid
    assert client.state.valid


def test_a_name_server_that_hangs_keeps_nobody(site: Site) -> None:
    let_go = threading.Event()

    def hangs(*_: Any) -> list[Any]:
        let_go.wait()
        return []

    transport = Transport("https://licenses.example.com", resolve=hangs)
    client = site.client(transport=transport)
    try:
        assert client.start().code == "NOT_VERIFIED"
        for _ in range(3):
            with pytest.raises(Unreachable, match="looking up"):
                transport.request("GET", "/", timeout=0.05)
        lookups = [thread for thread in threading.enumerate() if thread.name == "calos-lookup"]
        assert len(lookups) == 1, "whoever asks for the same name waits for the same lookup"
    finally:
        let_go.set()


def test_a_name_without_an_address_is_no_answer(site: Site) -> None:
    def unknown(*_: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    transport = Transport("https://licenses.example.com", resolve=unknown)
    problem = site.client(transport=transport).verify().problem
    assert problem is not None
    assert "Name or service not known" in problem


def test_tls_with_somebody_else_is_no_answer(site: Site) -> None:
    # The relay speaks no TLS, as a proxy that breaks it would not speak ours.
    site.way.answer("200 OK", b"hello")
    with pytest.raises(Unreachable):
        Transport(site.way.url.replace("http", "https")).request("GET", "/", timeout=0.5)


@pytest.fixture
def silent() -> Iterator[Relay]:
    with relay(mode="silent") as made:
        yield made


@pytest.mark.parametrize("mode", ["silent", "drip", "reset"])
def test_a_process_ends_although_the_vendor_never_answers(silent: Relay, tmp_path: Path, mode: str) -> None:
    silent.mode = mode
    done = subprocess.run(
        [sys.executable, "-c", HOST, silent.url, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert not silent.released.is_set()
    assert done.stdout == "NOT_VERIFIED\n"
    assert "Traceback" not in done.stderr
    # What was tracked waits for the next start.
    assert b'"login"' in b"".join(path.read_bytes() for path in (tmp_path / "telemetry").glob("*.ndjson"))


def test_no_thread_is_left_after_closing(site: Site) -> None:
    site.way.mode = "silent"
    client = site.client()
    telemetry = site.telemetry(flush_seconds=0.01)
    telemetry.track("login")
    client.start(timeout=0.0)
    client.close()
    telemetry.close(0.0)
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("calos-")])


FORKING = """
import os, sys
from calos import LicenseClient, Telemetry
client = LicenseClient(*sys.argv[1:4], state_dir=sys.argv[4])
telemetry = Telemetry(*sys.argv[1:4], state_dir=sys.argv[4], flush_seconds=3600)
assert client.start().valid
telemetry.track("login", feature="parent")
telemetry.sync()
children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        telemetry.track("login", feature=f"child {number}")
        ok = client.state.valid and client.verify().valid and telemetry.flush() is not None
        telemetry.close(10)
        client.close()
        os._exit(0 if ok else 1)
    children.append(child)
ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
telemetry.track("login", feature="parent again")
print(ended, telemetry.flush(10), telemetry.pending(), telemetry.dropped)
"""


def test_forked_workers_go_on_by_themselves(site: Site) -> None:
    who = (site.license.install_id, site.license.install_secret, site.way.url)
    done = subprocess.run(
        [sys.executable, "-c", FORKING, *who, str(site.folder)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "[0, 0, 0] True 0 0\n", done.stderr
