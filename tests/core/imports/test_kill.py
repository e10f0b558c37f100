"""Kill -9 in the middle of an import: what is in is whole, and the next run brings exactly the rest."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.config import Settings
from core.databases import Databases
from db.session import SYSTEM
from tests.books import own_databases
from tests.core.imports.small import FILES, MAPPING

ROOT = Path(__file__).parents[3]
CUSTOMERS = 240
KILLED_AT = (1, 40, 120)

pytestmark = pytest.mark.slow

# A customer is in with all of its subscriptions and movements, its license and its markers, or not at all.
HALF = text("""
SELECT o.name FROM organization o
LEFT JOIN LATERAL (SELECT count(*) n, sum(amount_minor * quantity) paid FROM subscription s
                   WHERE s.organization_id = o.id AND ended_at IS NULL) s ON true
LEFT JOIN LATERAL (SELECT count(*) n, sum(mrr_change_minor) mrr FROM movement m
                   WHERE m.organization_id = o.id) m ON true
WHERE o.realm = 'customer' AND (
    s.n IS DISTINCT FROM 2 OR m.n IS DISTINCT FROM 3 OR s.paid IS DISTINCT FROM m.mrr
    OR (SELECT count(*) FROM license l WHERE l.organization_id = o.id) <> 1
    OR (SELECT count(*) FROM support_ticket t WHERE t.organization_id = o.id) <> 1
    OR (SELECT count(*) FROM import_row r WHERE r.organization_id = o.id AND source <> 'usage') <> 5)
""")
SUMS = {
    "organization": "count(*)",
    "license": "count(DISTINCT organization_id)",
    "subscription": "count(*)",
    "movement": "count(*) || ' ' || sum(mrr_change_minor)",
    "import_row": "count(*)",
    "daily_use": "count(*)",
    "day_rollup": "sum(events)",
    "feature_rollup": "sum(events)",
}


def _write(folder: Path) -> Path:
    files = {name: [content.splitlines()[0]] for name, content in FILES.items()}
    for n in range(CUSTOMERS):
        files["accounts.csv"].append(f"A{n},Company {n},25/12/2022,Pro,3,US,Retail,no")
        files["subscriptions.csv"] += [
            f"S{n}a,A{n},Pro,2023-01-10,,{n + 1},1,monthly,no,no",
            f"S{n}b,A{n},Pro,2023-02-01,2023-06-01,50,1,monthly,no,yes",
            f"S{n}c,A{n},Pro,2023-06-01,,9,3,monthly,no,no",
        ]
        files["usage.csv"] += [f"U{n}-{day},S{n}a,2024-12-{day:02},search,{day},0,1" for day in range(1, 29)]
        files["tickets.csv"].append(f"T{n},A{n},2024-01-05,2024-01-06,high,30,4")
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n")
    mapping = folder / "books.yaml"
    mapping.write_text(MAPPING)
    return mapping


def _command(settings: Settings, databases: Databases, mapping: Path) -> subprocess.Popen[str]:
    name = databases.control.engine.url.database
    url = make_url(settings.database_url).set(database=name).render_as_string(hide_password=False)
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "CALOS_HOME": str(settings.home),
        "JWT_SECRET": settings.jwt_secret,
        "CALOS_DEMO": "0",
        "PYTHONUNBUFFERED": "1",
    }
    words = [sys.executable, "manage.py", "import", str(mapping), str(mapping.parent)]
    return subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _sums(databases: Databases) -> dict[str, Any]:
    with databases.control.read(SYSTEM) as session:
        return {
            table: session.execute(text(f"SELECT {what} FROM {table}")).scalar_one() for table, what in SUMS.items()
        }


def test_killed_again_and_again_it_ends_as_if_it_never_was(test_settings: Settings, tmp_path: Path) -> None:
    mapping = _write(tmp_path)
    with own_databases(test_settings) as undisturbed:
        done = _command(test_settings, undisturbed, mapping)
        said, _ = done.communicate(timeout=200)
        assert done.returncode == 0, said
        expected = _sums(undisturbed)
    assert expected["organization"] == CUSTOMERS + 1
    with own_databases(test_settings) as killed:
        for least in KILLED_AT:
            process = _command(test_settings, killed, mapping)
            _kill_after(process, least)
            with killed.control.read(SYSTEM) as session:
                assert session.execute(HALF).scalars().all() == []
        assert 1 < _sums(killed)["organization"] < CUSTOMERS + 1, "it was killed midway"
        last = _command(test_settings, killed, mapping)
        said, _ = last.communicate(timeout=200)
        assert last.returncode == 0, said
        assert _sums(killed) == expected
        with killed.control.read(SYSTEM) as session:
            assert session.execute(HALF).scalars().all() == []
            states = session.execute(text("SELECT state, count(*) AS runs FROM import_run GROUP BY 1")).all()
        assert {row.state: row.runs for row in states} == {"failed": len(KILLED_AT), "done": 1}


def _kill_after(process: "subprocess.Popen[str]", least: int) -> None:
    """Kill it as soon as it says that so many customers are in; the next batch is under way by then."""
    assert process.stdout is not None
    for line in process.stdout:
        found = re.match(r"customers: (\d+) of", line)
        if found and int(found[1]) >= least:
            break
    process.kill()
    process.wait()
