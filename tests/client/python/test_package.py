"""The package as customers get it: a wheel that installs without anything of ours, for Python 3.9, and a command."""

import ast
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.client.python.conftest import Site
from tests.client.python.test_telemetry import kept
from tests.house.sources import imports, name, python_files, text
from tests.running import ROOT

ALLOWED = {*sys.stdlib_module_names, "cryptography", "calos"}


def client_files() -> list[Path]:
    return list(python_files("client/src"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(ROOT / "client")], check=True, timeout=120)
    (made,) = folder.glob("calos_client-*.whl")
    return made


def test_it_installs_from_a_wheel_with_types_and_one_dependency(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        metadata = next(packed.read(one).decode() for one in names if one.endswith("/METADATA"))
    assert "calos/py.typed" in names
    assert any(one.endswith("LICENSE") for one in names)
    assert [line for line in metadata.splitlines() if line.startswith("Requires-Dist")] == [
        "Requires-Dist: cryptography>=42"
    ]
    assert "Requires-Python: >=3.9" in metadata
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*install, "--target", str(tmp_path), str(wheel)], check=True, timeout=120)
    done = subprocess.run(
        [sys.executable, "-c", "import calos; print(calos.__file__, sorted(calos.__all__) == calos.__all__)"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == f"{tmp_path / 'calos' / '__init__.py'} True\n"


@pytest.mark.parametrize("path", client_files(), ids=name)
def test_every_file_is_written_for_python_3_9(path: Path) -> None:
    ast.parse(text(path), feature_version=(3, 9))
    assert {module.partition(".")[0] for _, module in imports(path)} <= ALLOWED


def test_it_runs_on_the_oldest_python(site: Site) -> None:
    """Every feature once, by an interpreter of that version with cryptography, where one is given."""
    oldest = os.environ.get("CALOS_PYTHON39")
    if not oldest:
        pytest.skip("set CALOS_PYTHON39 to a Python 3.9 that has cryptography")
    script = """
import sys
from calos import LicenseClient, Telemetry, Usage, track_api_usage
who = sys.argv[1:4]
with LicenseClient(*who, state_dir=sys.argv[4]) as client:
    assert client.state.valid, client.state
    client.fetch_file(ttlDays=3)
    client.request_activation()
    with client.seat("anna") as seat:
        assert seat.lease.confirmed
telemetry, usage = Telemetry(*who, state_dir=sys.argv[4]), Usage(*who, state_dir=sys.argv[4])
assert track_api_usage(telemetry, usage)(lambda: 7)() == 7
assert telemetry.flush() and usage.flush(), (telemetry.problem, usage.problem)
telemetry.track("login", user="anna")
assert telemetry.export_bundle(sys.argv[4] + "/b.gz").events == 1
telemetry.manifest().as_json()
print(sys.version_info[:2])
"""
    who = (site.license.install_id, site.license.install_secret, site.way.url, str(site.folder))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "client" / "src")}
    done = subprocess.run(
        [oldest, "-c", script, *who], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "(3, 9)\n", done.stderr


def command(site: Site, *words: str, **settings: str) -> tuple[int, str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "client" / "src"),
        "CALOS_INSTALL_ID": site.license.install_id,
        "CALOS_INSTALL_SECRET": site.license.install_secret,
        "CALOS_URL": site.way.url,
        "CALOS_STATE_DIR": str(site.folder),
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-m", "calos", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_verifies_and_fetches(site: Site) -> None:
    code, told = command(site, "verify")
    assert code == 0, told
    assert told.startswith("VALID: ")
    assert "grants: chatbot" in told or "chatbot" in told
    assert command(site, "fetch")[0] == 0
    code, told = command(site, "request")
    assert (code, told.splitlines()[0]) == (0, "-----BEGIN CALOS ACTIVATION REQUEST-----")
    code, told = command(site, "install", str(site.folder / "answer.json"))
    assert (code, told.startswith("Error: This is no calos license file")) == (1, True)
    assert command(site, "verify", CALOS_INSTALL_ID="no-such-install")[0] == 1
    code, told = command(site, "verify", CALOS_INSTALL_ID="../..")
    assert (code, told[:7]) == (1, "Error: ")


def test_the_command_shows_and_switches_telemetry_and_sends_nothing_itself(site: Site, tmp_path: Path) -> None:
    host = site.telemetry()
    host.track("login", user="anna")
    host.close(0.0)
    code, told = command(site, "manifest")
    assert code == 0, told
    manifest = json.loads(told)
    assert (manifest["enabled"], manifest["waiting"]) == (True, 1)
    assert manifest["sent_to"].startswith(site.way.url)
    code, told = command(site, "bundle", str(tmp_path / "events.gz"))
    assert (code, told.startswith("1 events in ")) == (0, True), told
    assert command(site, "telemetry-off") == (0, "Telemetry is off.\n")
    assert not site.telemetry().enabled
    assert command(site, "telemetry-on")[0] == 0
    assert site.telemetry().enabled
    assert site.way.connections == 0
    assert kept(site) == []
