"""A ChartMogul account moved in: figures as reckoned on paper, once, and every bad record named."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.access.actor import Actor
from core.databases import Databases
from core.errors import Conflict, InvalidInput
from core.finance.reads import bridge, mrr_at
from core.imports.findings import as_csv
from core.imports.running import vendor_actor
from core.periods import Period, last_instant, midnight
from db.session import SYSTEM
from tests.core.imports.chartmogul import world

TABLES = (
    "organization",
    "subscription",
    "movement",
    "invoice",
    "payment",
    "import_row",
    "chartmogul_movement",
    "license",
)


def _actor(databases: Databases) -> Actor:
    with databases.control.write(SYSTEM) as session:
        return vendor_actor(session, "Test", now=world.NOW)


def _counts(databases: Databases) -> dict[str, int]:
    with databases.control.read(SYSTEM) as session:
        return {table: int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()) for table in TABLES}


def _all(databases: Databases, sql: str) -> list[Any]:
    with databases.control.read(SYSTEM) as session:
        return [tuple(row) for row in session.execute(text(sql))]


def _reasons(databases: Databases, folder: Path) -> dict[str, list[tuple[str, int, str]]]:
    found: dict[str, list[tuple[str, int, str]]] = {}
    for one in world.checked(databases, folder).checked.findings:
        found.setdefault(one.code, []).append((one.file, one.line, one.id))
    return found


def test_the_ledger_says_month_by_month_what_was_reckoned_on_paper(empty: Databases, tmp_path: Path) -> None:
    found = world.take(empty, world.write(tmp_path))
    assert [one for one in found.checked.findings if one.verdict == "refused"] == []
    actor = _actor(empty)
    with empty.control.read(SYSTEM) as session:
        assert {day: mrr_at(session, actor, last_instant(day)).minor for day in world.EXPECTED} == world.EXPECTED
        year = bridge(session, actor, Period(midnight(min(world.EXPECTED).replace(day=1)), world.NOW), as_of=world.NOW)
    assert {kind: one.minor for kind, one in year.movements.items()} == {
        "new": 282_33,
        "expansion": 80_00,
        "contraction": -60_00,
        "churn": -40_00,
        "reactivation": 45_00,
    }


def test_customers_terms_and_invoices_are_theirs(empty: Databases, tmp_path: Path) -> None:
    world.take(empty, world.write(tmp_path))
    assert _all(
        empty,
        "SELECT s.tier_id, s.billing_period, s.amount_minor, s.quantity, s.started_at::date::text, "
        "s.ended_at::date::text FROM subscription s JOIN organization o ON o.id = s.organization_id "
        "WHERE o.name IN ('Umbrella', 'Globex', '=Vandelay()') ORDER BY o.name, s.started_at",
    ) == [
        ("basic", "annual", 180_00, 1, "2024-07-01", None),
        ("basic", "monthly", 30_00, 1, "2024-04-01", "2024-05-16"),
        ("pro", "monthly", 70_00, 1, "2024-05-16", None),
        ("basic", "monthly", 20_00, 3, "2024-01-15", "2024-03-15"),
        ("basic", "monthly", 20_00, 5, "2024-03-15", "2024-07-15"),
        ("basic", "monthly", 20_00, 2, "2024-07-15", None),
    ]
    assert _all(
        empty,
        "SELECT number, state, net_minor, tax_minor, paid_minor, currency FROM invoice "
        "WHERE number IN ('I-1', 'G-2b', 'S-1') ORDER BY number",
    ) == [
        ("G-2b", "paid", 45_65, 0, 45_65, "USD"),
        ("I-1", "paid", 1_000_00, 70_00, 1_070_00, "USD"),
        ("S-1", "paid", 50_00, 0, 50_00, "EUR"),
    ]
    assert _all(empty, "SELECT count(*) FROM invoice_line WHERE kind <> 'one_off' AND subscription_id IS NULL") == [
        (0,)
    ]


def test_the_same_export_again_changes_nothing(empty: Databases, tmp_path: Path) -> None:
    folder = world.write(tmp_path)
    world.take(empty, folder)
    before = _counts(empty)
    assert before["chartmogul_movement"] == len(world.ACTIVITIES)
    again = world.take(empty, folder)
    assert (again.checked.new_rows, again.bills) == (0, ())
    assert _counts(empty) == before


def test_a_longer_export_adds_invoices_and_refuses_what_changed_behind_the_ledger(
    empty: Databases, tmp_path: Path
) -> None:
    world.take(empty, world.write(tmp_path / "first"))
    more = [
        *world.invoices(),
        world.invoice("G-11", "globex", "2025-02-01", [
            world.line("s5", "pro-monthly", "2025-02-01", "2025-03-01", 70_00)]),
        # A rise that ends a subscription which was imported as running: nothing newer may be put beside it.
        world.invoice("S-12", "soylent", "2025-02-05", [
            world.line("s4", "pro-monthly", "2025-02-05", "2025-03-05", 80_00)], "EUR"),
    ]  # fmt: skip
    found = world.take(empty, world.write(tmp_path / "more", invoices=more))
    assert {one.id for one in found.checked.findings if one.code == "changed_since"} == {
        "s4@2024-03-20T00:00:00",
        "s4@2025-02-05T00:00:00",
    }
    assert {one.origin.id for one in found.bills} == {"G-11", "S-12"}
    with empty.control.read(SYSTEM) as session:
        assert mrr_at(session, _actor(empty), world.NOW).minor == 307_33


def test_without_anybody_who_sold_invoices_wait_and_come_in_later(empty: Databases, tmp_path: Path) -> None:
    without = world.MAPPING[: world.MAPPING.index("seller")]
    world.take(empty, world.write(tmp_path, mapping=without))
    assert _counts(empty)["invoice"] == 0
    assert _counts(empty)["movement"] == len(world.ACTIVITIES)
    world.take(empty, world.write(tmp_path))
    assert _counts(empty)["invoice"] == len(world.invoices())


def test_every_bad_record_is_refused_with_its_place_and_reason(empty: Databases, tmp_path: Path) -> None:
    bad = [
        world.invoice("B-1", "initech", "2024-02-01", [world.line("b1", "gold", "2024-02-01", "2024-03-01", 1)]),
        world.invoice("B-2", "initech", "2024-02-01", [world.line("b2", "half", "2024-02-01", "2024-03-01", 1)], "XXZ"),
        world.invoice("B-3", "initech", "2024-02-01", [world.line("b3", "half", "2024-02-01", "2024-03-01", 1, -2)]),
        world.invoice("B-4", "initech", "2024-02-01", [
            world.line("b4", "half", "2024-02-01", "2024-08-01", 10, service_period_end=None)]),
        world.invoice("B-5", "nobody", "2024-02-01", [world.line("b5", "half", "2024-02-01", "2024-08-01", 10)]),
        world.invoice("I-1", "hooli", "2024-02-01", [world.line("b6", "half", "2024-02-01", "2024-08-01", 10)]),
        world.invoice("B-7", "initech", "2031-02-01", [world.line("b7", "half", "2031-02-01", "2031-08-01", 10)]),
        world.invoice("B-8", "initech", "2024-02-01", [world.line("b8", "half", "2024-02-01", "2024-08-01", -10)]),
        world.invoice("B-9", "initech", "2024-02-30", [world.line("b9", "half", "2024-02-01", "2024-08-01", 10)]),
    ]  # fmt: skip
    folder = world.write(tmp_path, invoices=[*world.invoices(), *bad])
    found, first = _reasons(empty, folder), len(world.invoices())
    at = {
        code: [(line - first, name) for file, line, name in rows if file == "invoices.json"]
        for code, rows in found.items()
    }
    assert at["unknown_plan"] == [(1, "B-1:1")]
    assert at["unknown_currency"] == [(2, "B-2")]
    assert at["bad_number"] == [(3, "B-3:1")]
    assert at["missing_period"] == [(4, "B-4:1")]
    assert at["unknown_reference"] == [(5, "B-5")]
    assert at["repeated_id"] == [(6, "I-1")]
    assert at["in_the_future"] == [(7, "B-7")]
    assert at["negative_amount"] == [(8, "B-8:1")]
    assert at["bad_date"] == [(9, "B-9")]
    assert at["refused_line"] == [(1, "B-1"), (3, "B-3"), (4, "B-4"), (8, "B-8")]
    world.take(empty, folder)
    with empty.control.read(SYSTEM) as session:
        assert mrr_at(session, _actor(empty), world.NOW).minor == 307_33
    assert _all(empty, "SELECT count(*) FROM invoice WHERE number LIKE 'B-%'") == [(0,)]


def test_a_plan_that_nobody_mapped_is_asked_for(empty: Databases, tmp_path: Path) -> None:
    folder = world.write(tmp_path, mapping=world.MAPPING.replace("  half: basic\n", ""))
    found = world.checked(empty, folder)
    assert "Say which tiers these plans are, under plans in the mapping: half." in found.checked.notes
    assert {one.origin.id for one in found.bills} & {"V-1", "V-2"} == set()
    with pytest.raises(InvalidInput, match=r"chartmogul.yaml, line 5: there is no tier gold; there are free, basic"):
        world.checked(empty, world.write(tmp_path, mapping=world.MAPPING.replace("monthly: basic", "monthly: gold")))


def test_tables_as_csv_with_a_byte_order_mark_and_semicolons_come_in_alike(empty: Databases, tmp_path: Path) -> None:
    folder = world.write(tmp_path)
    for kind in ("customers", "plans", "invoices"):
        (folder / f"{kind}.json").unlink()
    (folder / "customers.csv").write_bytes(
        "\ufeffName;Company;External ID;Country\r\nAda;=1+1;initech;US\r\nBob;Umbrella;umbrella;GB\r\n".encode()
    )
    (folder / "plans.csv").write_text("Name,Interval count,Interval unit,External ID\nBasic,1,month,basic-monthly\n")
    (folder / "invoices.csv").write_text(
        "Customer external ID,Invoice external ID,Invoice date,Due date,Currency\n"
        "initech,C-1,2024-03-01,2024-03-31,USD\n"
    )
    (folder / "line_items.csv").write_text(
        "Invoice external ID,Type,Subscription external ID,Plan,Service period start,Service period end,"
        "Amount in cents,Quantity,Prorated\n"
        "C-1,Subscription,c1,Basic,2024-03-01,2024-04-01,3000,3,false\n"
        "C-9,Subscription,c1,Basic,2024-03-01,2024-04-01,3000,3,false\n"
        "C-1,too,few\n"
    )
    (folder / "transactions.csv").write_text(
        "Invoice external ID,Date,Type,Result,Amount in cents\nC-1,2024-03-05,Payment,Successful,1000\n"
        "C-1,2024-03-09,Payment,Failed,2000\n"
    )
    found = _reasons(empty, folder)
    assert found["unknown_reference"][0][:2] == ("line_items.csv", 3)
    assert found["wrong_columns"] == [("line_items.csv", 4, "")]
    # Nobody was ever billed, and nothing says since when.
    assert found["missing_value"][0] == ("customers.csv", 3, "umbrella")
    world.take(empty, folder)
    assert _all(empty, "SELECT number, state, total_minor, paid_minor FROM invoice") == [("C-1", "open", 30_00, 10_00)]
    assert _all(empty, "SELECT name FROM organization WHERE realm = 'customer'") == [("=1+1",)]


def test_names_that_a_spreadsheet_would_run_are_harmless_in_the_report(empty: Databases, tmp_path: Path) -> None:
    odd = world.invoice("=cmd()", "nobody", "2024-02-01", [])
    found = world.checked(empty, world.write(tmp_path, invoices=[odd]))
    assert "'=cmd()" in as_csv(found.checked.findings)


def test_where_only_a_prorated_line_tells_the_price_it_is_worked_out_and_said(empty: Databases, tmp_path: Path) -> None:
    # $15 for 15 of April's 30 days.
    half = world.line("p1", "basic-monthly", "2024-04-16", "2024-05-01", 15_00, prorated=True)
    found = world.take(empty, world.write(tmp_path, invoices=[world.invoice("P-1", "globex", "2024-04-16", [half])]))
    assert [one.id for one in found.checked.findings if one.code == "estimated_price"] == ["p1@2024-04-16T00:00:00"]
    assert _all(empty, "SELECT amount_minor FROM subscription") == [(30_00,)]


def test_the_demo_world_is_left_alone(empty: Databases, tmp_path: Path) -> None:
    with empty.control.write(SYSTEM) as session:
        session.execute(text("INSERT INTO organization (id, name, realm, demo, created_at) VALUES "
                             "(gen_random_uuid(), 'Demo', 'customer', true, now())"))  # fmt: skip
    with pytest.raises(Conflict, match="demo"):
        world.checked(empty, world.write(tmp_path))


def test_a_folder_without_what_is_needed_says_so(empty: Databases, tmp_path: Path) -> None:
    (tmp_path / "chartmogul.yaml").write_text(world.MAPPING)
    (tmp_path / "customers.json").write_text(json.dumps({"entries": []}))
    with pytest.raises(InvalidInput, match="holds no plans, no invoices"):
        world.checked(empty, tmp_path)
