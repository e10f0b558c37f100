"""A PostgreSQL from Debian, as an operator prepares it: the set-up script, the first owner, the doctor."""

import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from core.config import DEMO_INSTALL_SECRET
from core.demo.customers import DEMO_INSTALL
from tests.running import ROOT, Running, free_port, running_calos

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[-3]))
PASSWORD = "seven quiet otters drift"
OWNER = {"organization": "Acme Tools", "name": "Ada", "email": "ada@acme.test"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("running"),
    pytest.mark.skipif(not BINARIES, reason="no PostgreSQL of Debian is here (apt-get install postgresql)"),
    pytest.mark.skipif(
        not (ROOT / ".venv").is_dir(), reason="the set-up script works in .venv, which `make test` makes"
    ),
]


@dataclass(frozen=True)
class Cluster:
    """A running server of our own, beside whatever the machine has."""

    port: int

    def url(self, user: str, database: str) -> str:
        """Return the address of a database as one of its logins; each has PASSWORD."""
        return f"postgresql://{user}:{urllib.parse.quote(PASSWORD)}@127.0.0.1:{self.port}/{database}"

    def make(self, owner: str, *rights: str) -> str:
        """Make a login with a database of the same name, and return its address."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}' {' '.join(rights)}".encode())
            connection.execute(f"CREATE DATABASE {owner} OWNER {owner} ENCODING 'UTF8' TEMPLATE template0".encode())
        return self.url(owner, owner)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Root may not run PostgreSQL; Debian's package brings a user that may.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="calos-debian-", dir="/var/tmp"))
    (folder / "password").write_text(PASSWORD)
    if user:
        for place in (folder, folder / "password"):
            shutil.chown(place, user)
    data, port = folder / "data", free_port()

    def run(program: str, *words: str) -> None:
        command = [str(BINARIES[-1].with_name(program)), "-D", str(data), *words]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=120)

    run("initdb", "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8")
    settings = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    run("pg_ctl", "-w", "-o", settings, "-l", str(folder / "log"), "start")
    try:
        yield Cluster(port)
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _set_up(calos: Running) -> tuple[int, str]:
    ended = subprocess.run(
        ["scripts/setup-enterprise.sh"],
        cwd=ROOT,
        env=calos.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def _rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    asked = {
        "organizations": b"SELECT name, realm, demo FROM organization ORDER BY realm",
        "licenses": b"SELECT install_id, count(*) OVER () FROM license",
        "people": b"SELECT email FROM person",
        "events": b"SELECT count(*) BETWEEN 80 AND 120 FROM event",
        "logins": b"SELECT rolname FROM pg_roles WHERE rolname LIKE 'calos%' AND (rolsuper OR rolbypassrls)",
    }
    with psycopg.connect(url) as connection:
        return {name: connection.execute(query).fetchall() for name, query in asked.items()}


def _found(calos: Running) -> int:
    """Follow the set-up link as a browser does, and return the status of the page that came last."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    link = re.search(r"http://[^\s\"']+/setup\?token=([\w-]+)", calos.log)
    assert link is not None, calos.log
    page = browser.open(link[0], timeout=10).read().decode()
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert token is not None
    fields = {**OWNER, "token": link[1], "csrf": token[1], "password": PASSWORD, "password_again": PASSWORD}
    return int(browser.open(f"{calos.url}/setup", urllib.parse.urlencode(fields).encode(), timeout=20).status)


def _post(url: str, body: object, token: str = "") -> int:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, json.dumps(body).encode(), headers), timeout=10
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_an_owner_who_may_not_make_logins_is_told_who_can(cluster: Cluster) -> None:
    with running_calos(DATABASE_URL=cluster.make("plain")) as calos:
        code, said = _set_up(calos)
    assert code == 1
    assert "Give it CREATEROLE, or let a superuser run" in said
    assert "Traceback" not in said


def test_set_up_twice_then_the_first_owner_and_a_doctor_who_is_content(cluster: Cluster) -> None:
    url = cluster.make("calos_owner", "CREATEROLE")
    secret = "only-for-this-test-and-long-enough-to-be-accepted"
    with running_calos(DATABASE_URL=url, JWT_SECRET=secret) as calos:
        for _ in range(2):
            code, said = _set_up(calos)
            assert (code, "Start Calos with: CALOS_DEMO=0 make run" in said) == (0, True), said
        assert _rows(url) == {
            "organizations": [("Demo Customer", "customer", True), ("Calos", "vendor", False)],
            "licenses": [(DEMO_INSTALL, 1)],
            "people": [],
            "events": [(True,)],
            "logins": [],
        }
        calos.environment["CALOS_DEMO"] = "0"
        calos.start()
        calos.wait_until_ready()
        assert _post(f"{calos.url}/api/telemetry/events", {"events": []}, DEMO_INSTALL_SECRET) == 401, (
            "a published secret"
        )
        assert _found(calos) == 200
        credentials = {"email": OWNER["email"], "password": PASSWORD}
        assert _post(f"{calos.url}/api/auth/token", credentials) == 200
        after = _rows(url)
        assert after["organizations"] == [("Demo Customer", "customer", True), ("Acme Tools", "vendor", False)]
        assert after["people"] == [("ada@acme.test",)]
        examined = subprocess.run(
            [sys.executable, "manage.py", "doctor"],
            cwd=ROOT,
            env=calos.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert examined.returncode == 0, examined.stdout
