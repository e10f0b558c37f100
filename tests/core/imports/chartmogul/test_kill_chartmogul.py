"""Kill -9 in the middle of moving in: what is in is whole, and the next run brings exactly the rest."""

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
from tests.core.imports.chartmogul import world

ROOT = Path(__file__).parents[4]
CUSTOMERS = 100
# Killed as soon as so many customers, and then so many invoices, are in.
KILLED_AT = (("customers", 1), ("customers", 60), ("invoices", 1), ("invoices", 150))

pytestmark = pytest.mark.slow

# An invoice is in with its line, its payment and its marker, and a customer with its movement, or not at all.
HALF = text("""
SELECT i.number FROM invoice i WHERE (
    i.state <> 'paid' OR i.paid_minor <> i.total_minor
    OR (SELECT count(*) FROM invoice_line l WHERE l.invoice_id = i.id AND l.subscription_id IS NOT NULL) <> 1
    OR (SELECT count(*) FROM import_row r WHERE r.source = 'invoices' AND r.external_id = i.number) <> 1)
UNION ALL
SELECT o.name FROM organization o WHERE o.realm = 'customer' AND (
    (SELECT count(*) FROM movement m WHERE m.organization_id = o.id) <> 1
    OR (SELECT count(*) FROM subscription s WHERE s.organization_id = o.id) <> 1)
""")
SUMS = {
    "organization": "count(*)",
    "subscription": "count(*)",
    "movement": "count(*) || ' ' || sum(mrr_change_minor)",
    "invoice": "count(*) || ' ' || sum(total_minor)",
    "payment": "count(*) || ' ' || sum(amount_minor)",
    "import_row": "count(*)",
    "chartmogul_movement": "count(*)",
}


def _write(folder: Path) -> Path:
    months = world.months("2024-03-01", "2024-05-01")
    invoices = [
        world.invoice(f"K-{n}-{m}", f"k{n}", begins, [
            world.line(f"ks{n}", "pro-monthly", begins, ends, 1_000 + n)])
        for n in range(CUSTOMERS)
        for m, (begins, ends) in enumerate(months)
    ]  # fmt: skip
    customers = [{"uuid": f"cus_k{n}", "external_id": f"k{n}", "name": f"Company {n}"} for n in range(CUSTOMERS)]
    one = world.activities()[0]
    activities = [
        {**one, "uuid": f"k{n}", "customer-external-id": f"k{n}", "customer-uuid": f"cus_k{n}", "date": "2024-03-01",
         "activity-mrr-movement": 1_000 + n, "activity-mrr": 1_000 + n}
        for n in range(CUSTOMERS)
    ]  # fmt: skip
    return world.write(folder, customers=customers, invoices=invoices, activities=activities, subscription_events=[])


def _command(settings: Settings, databases: Databases, *words: str) -> "subprocess.Popen[str]":
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
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _sums(databases: Databases) -> dict[str, Any]:
    with databases.control.read(SYSTEM) as session:
        return {
            table: session.execute(text(f"SELECT {what} FROM {table}")).scalar_one() for table, what in SUMS.items()
        }


def test_killed_again_and_again_it_ends_whole_and_agrees(test_settings: Settings, tmp_path: Path) -> None:
    folder = str(_write(tmp_path))
    with own_databases(test_settings) as killed:
        for stage, least in KILLED_AT:
            _kill_after(_command(test_settings, killed, "import-chartmogul", folder), stage, least)
            with killed.control.read(SYSTEM) as session:
                assert session.execute(HALF).scalars().all() == []
        last = _command(test_settings, killed, "import-chartmogul", folder)
        said, _ = last.communicate(timeout=200)
        assert last.returncode == 0, said
        assert _sums(killed) == {
            "organization": CUSTOMERS + 1,
            "subscription": CUSTOMERS,
            "movement": f"{CUSTOMERS} {sum(1_000 + n for n in range(CUSTOMERS))}",
            "invoice": f"{3 * CUSTOMERS} {3 * sum(1_000 + n for n in range(CUSTOMERS))}",
            "payment": f"{3 * CUSTOMERS} {3 * sum(1_000 + n for n in range(CUSTOMERS))}",
            "import_row": 5 * CUSTOMERS,
            "chartmogul_movement": CUSTOMERS,
        }
        report = tmp_path / "differences.csv"
        compared = _command(test_settings, killed, "reconcile-chartmogul", folder, "--report", str(report))
        said, _ = compared.communicate(timeout=200)
        assert compared.returncode == 0, said
        assert "11 months agree to the cent." in said
        assert report.read_text(encoding="utf-8").splitlines()[0].startswith("month,customer,cause")


def _kill_after(process: "subprocess.Popen[str]", stage: str, least: int) -> None:
    """Kill it as soon as it says that so many are in; the next batch is under way by then."""
    assert process.stdout is not None
    for line in process.stdout:
        found = re.match(rf"{stage}: (\d+) of", line)
        if found and int(found[1]) >= least:
            break
    process.kill()
    process.wait()
