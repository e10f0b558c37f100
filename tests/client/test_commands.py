"""The operator's commands about license files and signing keys, run as an operator runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import clock, signing
from core.config import Settings
from core.databases import Databases
from core.licensing import files
from core.licensing.writes import Issued, issue
from core.organizations.writes import create_organization
from db.session import SYSTEM
from tests.cast import Cast
from tests.client.make_vectors import DOCUMENT
from tests.core.licensing.as_client import activation_request
from tests.running import ROOT


@pytest.fixture(scope="module")
def issued(databases: Databases, cast: Cast) -> Issued:
    with databases.control.write(SYSTEM) as session:
        customer = create_organization(session, cast.system, "Apex", now=clock.now())
        return issue(session, cast.system, customer, "pro", term="paid", billing_period="annual", now=clock.now())


def manage(*words: str | Path, **settings: str) -> tuple[int, str]:
    """Return the exit code and all that was printed; the settings of the tests are in the environment."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_file_is_made_and_checked(issued: Issued, test_settings: Settings, tmp_path: Path) -> None:
    code, printed = manage("license", "file", issued.install_id, "--fingerprint", "m-1", "--days", "9")
    assert (code, printed.partition("\n")[0]) == (0, "-----BEGIN CALOS LICENSE FILE-----")
    file = tmp_path / "license"
    code, printed = manage("license", "file", issued.install_id, "--endless", "--out", file)
    assert code == 0
    assert "cannot be recalled" in printed
    code, printed = manage("license", "check-file", file)
    assert code == 0
    assert f"installId: {issued.install_id}\nfingerprint: none" in printed
    assert "fileExpiresAt: none" in printed
    assert "today: holds (VALID)" in printed
    file.write_text(file.read_text().replace("A", "B", 1))
    code, printed = manage("license", "check-file", file)
    assert code == 1
    assert printed.startswith("Error: ")


def test_a_request_is_answered(issued: Issued, test_settings: Settings, tmp_path: Path) -> None:
    request, answer = tmp_path / "request", tmp_path / "answer"
    request.write_text(activation_request(issued.install_id, issued.install_secret, now=clock.now()))
    assert manage("license", "activate-offline", request, "--grace-days", "5", "--out", answer)[0] == 0
    code, printed = manage("license", "check-file", answer)
    assert code == 0
    assert "fingerprint: machine-1" in printed
    assert "graceDays: 5" in printed
    request.write_text("what?")
    code, printed = manage("license", "activate-offline", request)
    assert (code, printed.startswith("Error: Send the whole file")) == (1, True)


def test_keys_of_both_uses_are_rotated_with_overlap_or_withdrawn(tmp_path: Path) -> None:
    # A home of its own: other tests sign with the keys of the shared one at this moment.
    home = {"CALOS_HOME": str(tmp_path)}
    file = tmp_path / "license"
    file.write_text(files.seal(DOCUMENT, signing.open_ring(tmp_path, "files", now=clock.now())))
    code, printed = manage("key", "rotate", **home)
    assert code == 0
    assert "Answers are signed with the key" in printed
    assert "Files are signed with the key" in printed
    assert manage("license", "check-file", file, **home)[0] == 0
    kept = [json.loads(path.read_text()) for path in (tmp_path / "keys" / "files").glob("*.json")]
    assert [one["validUntil"] is None for one in kept].count(True) == 1
    assert manage("key", "rotate", "--withdraw", **home)[0] == 0
    code, printed = manage("license", "check-file", file, **home)
    assert code == 1
    assert "no key" in printed


def test_the_next_keys_are_announced(tmp_path: Path) -> None:
    home = {"CALOS_HOME": str(tmp_path)}
    code, printed = manage("key", "rotate", "--in", "14", **home)
    assert code == 0, printed
    ring = signing.open_ring(tmp_path, "answers", now=clock.now())
    assert ring.next is not None
    assert f"Answers will be signed with the key {ring.next.kid} from" in printed
    code, printed = manage("key", "rotate", "--in", "30", **home)
    assert (code, "is announced for answers already" in printed) == (1, True)
    assert manage("key", "rotate", "--in", "14", "--withdraw", **home)[0] == 2
