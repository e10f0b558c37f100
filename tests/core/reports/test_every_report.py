"""Every report there is: who may take it, whose rows it holds, that no cell runs, and that each format opens."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from core.access.permissions import ROLE_PERMISSIONS, Permission, Role
from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.reports import paper
from core.reports.exporting import REPORTS, export
from core.reports.report import Narrowed
from core.reports.tabular import harmless
from db.models.access import audit_entry
from db.session import SYSTEM, WriteSession
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.core.reports.conftest import write_books

EVIL = '=HYPERLINK("http://evil.test","pay")'
FINANCE = sorted(name for name, one in REPORTS.items() if one.export is Permission.FINANCE_EXPORT)
# Their rows are tested beside them; here nothing differs, and nobody runs us.
MAY_BE_EMPTY = {"customers", "reconciliation", "upsells", "installs"}


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own, in which a customer, notes and reasons are named like formulas."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people, beside books of every kind."""
    with databases.control.write(SYSTEM) as session:
        people = make_cast(session, NOW)
        write_books(session, people, NOW, EVIL)
    return people


def _taken(session: WriteSession, actor: Any, name: str, kind: str = "csv", narrowed: Narrowed | None = None) -> bytes:
    into = io.BytesIO()
    export(session, actor, name, kind, narrowed or Narrowed(), into, now=NOW)
    return into.getvalue()


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_every_report_opens_in_every_format_with_its_heads(session: WriteSession, cast: Cast, name: str) -> None:
    heads = [column.label for column in REPORTS[name].columns]
    assert len(set(heads)) == len(heads), "a column is found by its head"
    assert len({column.name for column in REPORTS[name].columns}) == len(heads)
    text = _taken(session, cast.fiona, name)
    head, *rows = csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))
    assert head == [harmless(one) for one in heads]
    assert rows or name in MAY_BE_EMPTY
    sheet: Any = openpyxl.load_workbook(io.BytesIO(_taken(session, cast.fiona, name, "xlsx"))).active
    assert [cell.value for cell in sheet[1]] == heads
    assert sheet.max_row - 1 == len(rows) + (1 if name == "audit" else 0), "the trail knows of the first export"
    assert _taken(session, cast.fiona, name, "pdf").startswith(b"%PDF-1.7")


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_no_cell_of_any_report_runs(session: WriteSession, cast: Cast, name: str) -> None:
    numbers = {column.label for column in REPORTS[name].columns if column.kind not in {"text", "yes_no"}}
    for row in _rows(_taken(session, cast.fiona, name)):
        for label, cell in row.items():
            # A number below zero begins with a minus, and is a number.
            assert label in numbers or cell == harmless(cell), (label, cell)
    sheet: Any = openpyxl.load_workbook(io.BytesIO(_taken(session, cast.fiona, name, "xlsx"))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}, "never a formula"


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_each_asks_for_both_permissions_and_for_one_of_ours(session: WriteSession, cast: Cast, name: str) -> None:
    report = REPORTS[name]
    for lacking in (report.permission, report.export):
        actor = replace(cast.fiona, permissions=cast.fiona.permissions - {lacking})
        assert not report.may_take(actor)
        with pytest.raises(NotPermitted):
            _taken(session, actor, name)
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            _taken(session, actor, name)
    otto = replace(cast.otto, permissions=ROLE_PERMISSIONS[Role.OWNER])
    assert not report.may_take(otto)
    with pytest.raises(NotPermitted):
        _taken(session, otto, name)
    trail = select(audit_entry.c.id).where(audit_entry.c.action == "report.exported", audit_entry.c.target_id == name)
    before = len(session.execute(trail).all())
    _taken(session, cast.fiona, name)
    assert len(session.execute(trail).all()) == before + 1


def test_every_report_of_money_needs_to_see_and_to_export_it() -> None:
    assert {"movements", "subscriptions", "mrr", "cohorts", "retention", "unit-economics", "costs", "margin"} < set(
        FINANCE
    )
    assert {"cash", "cash-statement", "invoices", "invoice-lines", "payments", "credit-notes", "ageing"} < set(FINANCE)
    assert {"prices", "reconciliation"} < set(FINANCE)
    assert {REPORTS[name].permission for name in FINANCE} == {Permission.FINANCE_READ}


@pytest.mark.parametrize("name", FINANCE)
def test_money_has_its_currency_beside_it(name: str) -> None:
    kinds = [column.kind for column in REPORTS[name].columns]
    assert "money" in kinds
    assert any(column.label.startswith("Currency") for column in REPORTS[name].columns)


def test_amounts_are_exact_numbers_of_major_units(session: WriteSession, cast: Cast) -> None:
    by_customer = {row["Customer"]: row for row in _rows(_taken(session, cast.fiona, "invoices"))}
    row = by_customer[harmless(EVIL)]
    assert (row["Total"], row["Paid"], row["Credited"], row["Due"], row["Currency"]) == (
        "123.45",
        "100.00",
        "23.45",
        "0.00",
        "USD",
    )
    sheet: Any = openpyxl.load_workbook(io.BytesIO(_taken(session, cast.fiona, "payments", "xlsx"))).active
    assert [cell.value for cell in sheet["D"][1:]] == [100]
    euros = next(row for row in _rows(_taken(session, cast.fiona, "costs")) if row["Currency"] == "EUR")
    assert euros["Amount"] == "50.00"


def test_the_ledger_adds_up_in_its_reports(session: WriteSession, cast: Cast) -> None:
    rows = _rows(_taken(session, cast.fiona, "mrr", narrowed=Narrowed(by="tier")))
    flows = ("New", "Expansion", "Contraction", "Churn", "Reactivation", "Moved", "Exchange")
    assert rows
    for row in rows:
        total = Decimal(row["Opening MRR"]) + sum(Decimal(row[name]) for name in flows)
        assert total == Decimal(row["Closing MRR"])
    closing = sum(Decimal(row["Closing MRR"]) for row in rows if row["Month"] == f"{NOW:%Y-%m}-01")
    assert closing == sum(Decimal(row["MRR"]) for row in _rows(_taken(session, cast.fiona, "subscriptions")))
    moved = _rows(_taken(session, cast.fiona, "movements"))
    assert closing == sum(Decimal(row["MRR change"]) for row in moved)


def test_each_is_narrowed_as_its_page(session: WriteSession, cast: Cast) -> None:
    def count(name: str, **narrowed: Any) -> int:
        return len(_rows(_taken(session, cast.fiona, name, narrowed=Narrowed(**narrowed))))

    whose = next(row for row in _rows(_taken(session, cast.fiona, "movements")))["Customer id"]
    assert count("movements", kind="churn") == 0 < count("movements", kind="new")
    assert count("movements", customer=whose) == 1 < count("movements")
    assert count("movements", until=NOW.date() - timedelta(days=300)) == 0
    assert count("subscriptions", tier="basic") == 0 < count("subscriptions", tier="pro")
    assert count("costs", kind="support") == 0 < count("costs", kind="compute")
    assert count("invoices", status="paid") == 1 == count("invoice-lines", status="paid")
    assert count("invoices", status="draft") == 0
    assert count("mrr", since=NOW.date()) == 1
    for wrong in ({"kind": "won"}, {"since": NOW.date() + timedelta(days=1)}, {"customer": "acme"}):
        with pytest.raises(InvalidInput):
            count("movements", **wrong)
    with pytest.raises(InvalidInput, match="segment, tier"):
        count("mrr", by="mood")
    with pytest.raises(InvalidInput, match="not narrowed by by"):
        count("movements", by="tier")


def test_before_the_first_row_each_is_empty_but_whole(session: WriteSession, cast: Cast) -> None:
    before = Narrowed(until=date(2020, 1, 31), since=date(2020, 1, 1))
    for name in ("movements", "costs", "cash", "cash-statement", "invoices", "payments", "cohorts", "audit"):
        assert _rows(_taken(session, cast.fiona, name, narrowed=before)) == []
        assert _taken(session, cast.fiona, name, "pdf", before).startswith(b"%PDF")


def test_paper_is_for_what_somebody_reads(session: WriteSession, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _taken(session, cast.fiona, "prices", "pdf") == _taken(session, cast.fiona, "prices", "pdf")
    monkeypatch.setattr(paper, "MOST_ROWS", 2)
    with pytest.raises(InvalidInput, match="take XLSX or CSV"):
        _taken(session, cast.fiona, "prices", "pdf")


def test_paper_says_dashes_months_and_shares() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    said = [
        paper.on_paper(*given)
        for given in (
            (None, "money"),
            (at.date(), "month"),
            (Decimal("0.1234"), "share"),
            (Decimal("-1234567.80"), "money"),
            (12345, "whole"),
            (True, "yes_no"),
        )
    ]
    assert said == ["—", "Nov 2026", "12.3%", "-1,234,567.80", "12,345", "yes"]
