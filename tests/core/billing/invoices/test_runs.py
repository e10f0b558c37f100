"""Runs: looked at before they are let out, and killed midway they go on without doubles or gaps."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from core.accounts.invoice_runs import begin_run, finalize_run, work
from core.billing.invoices.addresses import Address
from core.billing.invoices.runs import Run, run_by_id, run_items
from core.databases import Databases
from core.errors import Conflict, NotPermitted
from core.money import Money
from db.models.invoices import billed_item, invoice, invoice_line
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.billing.invoices.shop import ABROAD, Shop, on

ROOT = Path(__file__).parents[4]
CUSTOMERS = 9
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop_prefix(databases: Databases, cast: Cast) -> str:
    """Sell to nine customers, one of them in nobody knows which country, and return the seller's prefix."""
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with databases.control.write(SYSTEM) as session:
        shop = Shop(session, cast, now)
        for place in range(CUSTOMERS):
            whom = shop.customer(Address("Nowhere Ltd") if place == 4 else ABROAD)
            shop.sell(whom, 1_000 + place, on(date(2026, 8, 5)))
            shop.sell(whom, 500, on(date(2026, 8, 9)))
        return shop.seller.prefix


def test_killed_in_either_stage_it_goes_on(databases: Databases, cast: Cast, shop_prefix: str, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        run_id = begin_run(session, cast.sam, NOVEMBER, now=now)
        with pytest.raises(Conflict, match="under way"):
            begin_run(session, cast.sam, NOVEMBER, now=now)
    _killed(databases, run_id, 4, now)
    assert _run(databases, cast, run_id).counts["waiting"] == CUSTOMERS - 2
    with databases.control.write(SYSTEM) as session, pytest.raises(Conflict, match="This run is drafting"):
        finalize_run(session, cast.adam, run_id, now=now)
    work(databases, run_id, clock=lambda: now, batch=2)
    preview = _run(databases, cast, run_id)
    total = sum(1_500 + place for place in range(CUSTOMERS) if place != 4)
    assert (preview.stage, preview.counts, preview.totals) == (
        "drafted", {"drafted": CUSTOMERS - 1, "refused": 1}, (Money(total, "USD"),),
    )  # fmt: skip
    with databases.control.read(SYSTEM) as session:
        [refused] = run_items(session, cast.sam, run_id, state="refused")
        assert (refused.customer, "in which country" in (refused.reason or "")) == ("Nowhere Ltd", True)
        assert session.execute(select(func.count()).where(invoice.c.number.is_not(None))).scalar_one() == 0
    with databases.control.write(SYSTEM) as session:
        finalize_run(session, cast.adam, run_id, now=now)
    _killed(databases, run_id, 5, now)
    work(databases, run_id, clock=lambda: now, batch=2)
    assert _run(databases, cast, run_id).counts == {"finalized": CUSTOMERS - 1, "refused": 1}
    _whole(databases, shop_prefix)


def test_who_may(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        with pytest.raises(NotPermitted, match="invoice:create"):
            begin_run(session, cast.mia, NOVEMBER, now=now)
        with pytest.raises(NotPermitted, match="invoice:finalize"):
            finalize_run(session, cast.sam, UUID(int=1), now=now)


def _whole(databases: Databases, prefix: str) -> None:
    """Every number once and none left out, every customer once, every period once."""
    with databases.control.read(SYSTEM) as session:
        rows = session.execute(select(invoice.c.number, invoice.c.organization_id)).all()
        lines = session.execute(select(invoice_line.c.source_key)).scalars().all()
        keys = session.execute(select(billed_item.c.key)).scalars().all()
    assert sorted(row.number for row in rows) == [f"{prefix}-2026-{n:05d}" for n in range(1, CUSTOMERS)]
    assert set(Counter(row.organization_id for row in rows).values()) == {1}
    assert sorted(lines) == sorted(keys)
    assert len(set(lines)) == len(lines) == 2 * (CUSTOMERS - 1)


def _run(databases: Databases, cast: Cast, run_id: UUID) -> Run:
    with databases.control.read(SYSTEM) as session:
        return run_by_id(session, cast.sam, run_id)


def _killed(databases: Databases, run_id: UUID, reached: int, now: datetime) -> None:
    url = make_url(os.environ["CALOS_TEST_SERVER"]).set(database=make_url(databases.control_url).database)
    done = subprocess.run(
        [sys.executable, "-m", "tests.core.billing.invoices.run_process", str(run_id), str(reached), now.isoformat()],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url.render_as_string(hide_password=False)},
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
