"""Disks that are full, closed, gone or scribbled upon, and processes killed in the middle: the host feels nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from calos import Telemetry

from tests.client.python.conftest import Site, wait_until
from tests.client.python.test_telemetry import kept
from tests.running import ROOT

SOURCE = ROOT / "client" / "src"
# A file where the folder should be: even root cannot write below it.
NOWHERE = "blocked/state"


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    (tmp_path / "blocked").write_text("a file, not a folder")
    return tmp_path / NOWHERE


def test_a_license_is_verified_although_nothing_can_be_kept(site: Site, blocked: Path) -> None:
    client = site.client(state_dir=blocked)
    assert client.fingerprint is None, "a name that changed with every start would take a place each time"
    state = client.start()
    assert (state.valid, state.source) == (True, "online")
    site.way.mode = "reset"
    assert client.verify().valid
    with client.seat("anna") as seat:
        assert seat.granted


def test_events_wait_in_memory_where_the_disk_takes_nothing(site: Site, blocked: Path) -> None:
    telemetry = site.telemetry(state_dir=blocked)
    site.way.mode = "reset"
    for number in range(3_000):
        telemetry.track("login", feature=f"f{number}", user="anna")
    telemetry.sync()
    assert telemetry.problem
    wait_until(lambda: telemetry.pending() + telemetry.dropped == 3_000)
    assert telemetry.pending() == 2_000
    site.way.mode = "pass"
    telemetry.track("login", feature="last")
    wait_until(lambda: telemetry.flush() and telemetry.pending() == 0)
    assert telemetry._outbox.record.accepted + telemetry.dropped == 3_001
    assert "last" in {event["feature"] for event in kept(site)}


FILLING = """
import resource, signal, sys
from calos import LicenseClient, Telemetry
install_id, secret, url, folder = sys.argv[1:]
client = LicenseClient(install_id, secret, url, state_dir=folder)
assert client.start().valid
telemetry = Telemetry(install_id, secret, url, state_dir=folder, flush_seconds=3600)
telemetry.track("login", feature="before")
telemetry.sync()
# From here on a file may not grow: writes fail as on a full disk, in the middle of a line.
resource.setrlimit(resource.RLIMIT_FSIZE, (300, resource.RLIM_INFINITY))
for number in range(50):
    telemetry.track("login", feature=f"full {number}")
telemetry.sync()
assert telemetry.problem, "it is told"
assert client.verify().valid
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
telemetry.track("login", feature="after")
telemetry.sync()
assert telemetry.problem is None
assert telemetry.flush()
print(telemetry.dropped, client.verify().valid, telemetry.refused)
client.close()
telemetry.close()
"""


def run(script: str, site: Site, *more: str) -> subprocess.CompletedProcess[str]:
    who = (site.license.install_id, site.license.install_secret, site.way.url, str(site.folder))
    return subprocess.run(
        [sys.executable, "-c", script, *who, *more],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_disk_that_fills_up_and_empties_again_loses_nothing(site: Site) -> None:
    done = run(FILLING, site)
    assert done.stdout == "0 True []\n", done.stderr
    assert len(kept(site)) == 52


KILLED = """
import sys, time
from calos import Telemetry
telemetry = Telemetry(*sys.argv[1:4], state_dir=sys.argv[4], flush_seconds=3600)
for number in range(200):
    telemetry.track("login", feature=f"f{number}")
telemetry.sync()
print("kept", flush=True)
while True:
    telemetry.track("login", feature="unsure")
    time.sleep(0.001)
"""


def test_kill_9_loses_nothing_that_was_kept_and_doubles_nothing(site: Site) -> None:
    who = (site.license.install_id, site.license.install_secret, site.way.url, str(site.folder))
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, *who], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SOURCE)}
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"kept\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    telemetry = site.telemetry()
    assert telemetry.pending() >= 600
    assert telemetry.flush(60)
    ids = [event["id"] for request in _envelopes(site) for event in request["events"]]
    features = [event["feature"] for request in _envelopes(site) for event in request["events"]]
    assert len(ids) == len(set(ids))
    for number in range(200):
        assert features.count(f"f{number}") == 3
    assert telemetry.refused == []


def _envelopes(site: Site) -> list[dict[str, list[dict[str, str]]]]:
    from tests.client.python.test_telemetry import sent

    return sent(site.way)


@pytest.mark.parametrize(
    "scribble", [b"", b"\x00\xff\x00\n", b'{"id": "torn', b"[1, 2]\n", b'{"no": "id"}\n', b"\n\n\n", b"[" * 100_000]
)
def test_a_spool_somebody_scribbled_upon_gives_what_is_whole(site: Site, scribble: bytes) -> None:
    folder = site.folder / "telemetry"
    first = site.telemetry()
    first.track("login", feature="whole")
    first.close(0.0)
    (spooled,) = folder.glob("*.ndjson")
    spooled.write_bytes(scribble + b"\n" + spooled.read_bytes() + scribble)
    (folder / "stranger.txt").write_text("not ours")
    telemetry = site.telemetry()
    telemetry.track("login", feature="new")
    wait_until(lambda: telemetry.flush() and telemetry.pending() == 0)
    assert {event["feature"] for event in kept(site)} == {"whole", "new"}
    assert telemetry.refused == []


@pytest.mark.parametrize("name", ["answer.json", "keys.json", "clock.json", "fingerprint", "activation.json"])
@pytest.mark.parametrize("scribble", [b"", b"\x00\xff", b"[]", b'{"keys": [{"crv": "Ed25519"}]}', b"null"])
def test_scribbled_state_is_mended_by_the_next_answer(site: Site, name: str, scribble: bytes) -> None:
    site.client().start()
    (site.folder / name).write_bytes(scribble)
    assert site.client().verify().valid


def test_a_last_payload_somebody_scribbled_upon_is_no_payload(site: Site) -> None:
    telemetry = site.telemetry()
    telemetry.track("login")
    telemetry.flush()
    telemetry.close(0.0)
    for scribble in ("", "[]", '{"payload": 7}', "{"):
        (site.folder / "telemetry" / "last-payload.json").write_text(scribble)
        assert site.telemetry().manifest().last_payload is None


def test_files_are_their_owners_alone(site: Site) -> None:
    site.client().start()
    telemetry = site.telemetry()
    telemetry.track("login", user="anna")
    telemetry.sync()
    files = [path for path in site.folder.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in site.folder.rglob("*") if path.is_dir()} == {0o700}


def test_a_folder_that_goes_away_is_made_again(site: Site) -> None:
    import shutil

    telemetry = site.telemetry()
    telemetry.track("login")
    telemetry.sync()
    shutil.rmtree(site.folder)
    client = site.client()
    assert client.verify().valid
    assert json.loads((site.folder / "answer.json").read_text())["valid"] is True
    for _ in range(600):
        telemetry.track("login")
    telemetry.sync()
    assert isinstance(telemetry, Telemetry)
    assert telemetry.problem is None
