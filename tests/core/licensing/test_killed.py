"""What is left of a door that is killed right after it answered: everything but counts."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.config import Settings
from core.databases import Databases, door_url
from core.licensing.decisions import decisions
from core.licensing.policy import Policy
from core.licensing.reads import installations, license_by_install
from core.licensing.writes import Issued
from db.session import SYSTEM
from tests.cast import Cast


@pytest.mark.slow
def test_only_counts_are_lost(
    issued: Callable[..., Issued], databases: Databases, test_settings: Settings, cast: Cast, now: datetime
) -> None:
    made = issued(policy=Policy(versions=">=1"))
    given = {
        "url": door_url(databases.control_url),
        "home": str(test_settings.home),
        "install_id": made.install_id,
        "secret": made.install_secret,
        "now": now.isoformat(),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.licensing.killed_door"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.split() == ["VALID"] * 4 + ["VERSION_NOT_ALLOWED", "VALID"]
    with databases.control.read(SYSTEM) as session:
        [seen] = installations(session, cast.fiona, made.install_id, now=now)
        found = license_by_install(session, cast.fiona, made.install_id, now=now)
        log = decisions(session, cast.fiona, made.install_id, now=now)
    assert (seen.fingerprint, seen.activated_at) == ("f", now)
    assert found.first_verified_at == now
    assert found.last_check_in_at == now + timedelta(hours=2)
    assert [(one.code, one.question.authenticated) for one in reversed(log)] == [
        ("VALID", True),
        ("VERSION_NOT_ALLOWED", True),
        ("VALID", False),
    ]
    assert all(1 <= one.times <= 4 for one in log)
