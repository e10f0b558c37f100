"""Files that a spreadsheet opens: what is a number stays one, and nothing that was typed becomes a formula."""

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.reports import tabular
from core.reports.tabular import Cell, Column, as_csv, as_xlsx, write_csv, write_xlsx

COLUMNS = (
    Column("name", "Customer"),
    Column("mrr", "MRR", "money"),
    Column("currency", "Currency"),
    Column("health", "Health", "number"),
    Column("licenses", "Licenses", "whole"),
    Column("share", "Share", "share"),
    Column("since", "Since", "day"),
    Column("seen", "Seen", "instant"),
    Column("live", "Live", "yes_no"),
)
SEEN = datetime(2026, 11, 21, 9, 30, tzinfo=timezone(timedelta(hours=1)))
ROW: tuple[Cell, ...] = ("Müller & Söhne", Decimal("1234.50"), "EUR", 71.5, 3, 0.95, date(2024, 2, 29), SEEN, True)


def _csv(*rows: tuple[Cell, ...], columns: tuple[Column, ...] = COLUMNS) -> bytes:
    into = io.BytesIO()
    assert write_csv(columns, rows, into) == len(rows)
    return into.getvalue()


def _sheet(*rows: tuple[Cell, ...], columns: tuple[Column, ...] = COLUMNS) -> Any:
    into = io.BytesIO()
    assert write_xlsx("Customers", columns, rows, into) == len(rows)
    into.seek(0)
    return openpyxl.load_workbook(into).active


def test_csv_is_what_excel_and_parsers_both_read() -> None:
    made = _csv(ROW, (None,) * 9)
    assert made.startswith(b"\xef\xbb\xbfCustomer,MRR,")
    assert made.count(b"\r\n") == 3
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert rows[1] == [
        "Müller & Söhne",
        "1234.50",
        "EUR",
        "71.5",
        "3",
        "0.95",
        "2024-02-29",
        "2026-11-21 08:30:00",
        "yes",
    ]
    assert rows[2] == [""] * 9
    assert pd.read_csv(io.BytesIO(made)).columns[0] == "Customer"


def test_xlsx_holds_numbers_days_and_a_frozen_header() -> None:
    sheet = _sheet(ROW, (None,) * 9)
    assert [cell.value for cell in sheet[2]] == [
        "Müller & Söhne",
        1234.5,
        "EUR",
        71.5,
        3,
        0.95,
        datetime(2024, 2, 29),  # noqa: DTZ001 - a spreadsheet knows no zones
        datetime(2026, 11, 21, 8, 30),  # noqa: DTZ001 - likewise
        "yes",
    ]
    assert [cell.data_type for cell in sheet[2]][:2] == ["s", "n"]
    assert sheet["B2"].number_format == "#,##0.00"
    assert sheet["G2"].number_format == "yyyy-mm-dd"
    assert [cell.value for cell in sheet[3]] == [None] * 9
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:I3"
    assert sheet["A1"].font.bold
    assert sheet.column_dimensions["A"].width >= 20


DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from([*DANGEROUS, "'", " ", ""]))
@example('HYPERLINK("http://evil.test","Click")', "=")
@example("cmd|' /C calc'!A0", "@")
@example("SUM(1+1)*cmd", "-")
def test_no_text_of_a_customer_ever_becomes_a_formula(text: str, start: str) -> None:
    cell = start + text
    columns = (Column("name", "Name"), Column("note", "Note"))
    rows = list(csv.reader(io.StringIO(_csv((cell, "x"), columns=columns).decode("utf-8-sig"), newline="")))
    written = rows[1][0]
    assert not written.startswith(DANGEROUS)
    assert written.removeprefix("'") == cell.removeprefix("'")
    found = _sheet((cell, "x"), columns=columns)["A2"]
    assert found.data_type in {"s", "n"}  # openpyxl calls an empty cell a number
    assert found.data_type == "s" or found.value is None
    if cell.startswith(("=", "+", "-", "@")):
        assert found.quotePrefix, "it stays text when somebody edits the cell"


def test_a_number_is_no_text_whatever_its_sign() -> None:
    columns = (Column("change", "Change", "money"),)
    assert _csv((Decimal("-12.00"),), columns=columns).endswith(b"\r\n-12.00\r\n")
    assert _sheet((Decimal("-12.00"),), columns=columns)["A2"].value == -12


def test_a_heading_is_no_formula_either() -> None:
    assert b"'=x" in _csv(columns=(Column("x", "=x"),))


def test_a_link_is_only_text() -> None:
    cell = _sheet(("https://evil.test/x",), columns=(Column("a", "A"),))["A2"]
    assert (cell.value, cell.hyperlink) == ("https://evil.test/x", None)


def test_a_text_longer_than_a_cell_is_cut() -> None:
    assert len(_sheet(("x" * 40_000,), columns=(Column("a", "A"),))["A2"].value) == tabular.LONGEST_CELL


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular, "MOST_XLSX_ROWS", 2)
    with pytest.raises(InvalidInput, match="take CSV"):
        write_xlsx("x", (Column("a", "A"),), [("1",), ("2",), ("3",)], io.BytesIO())


def test_frames_are_written_by_the_names_of_their_columns() -> None:
    frame = pd.DataFrame(
        {
            "other": [0, 0],
            "name": ["=a", None],
            "at": pd.Series([datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None]),
            "n": [1.5, float("nan")],
        }
    )
    columns = (Column("name", "Name"), Column("n", "N", "number"), Column("at", "At", "instant"))
    assert as_csv(frame, columns).decode("utf-8-sig").splitlines()[1:] == ["'=a,1.5,2026-01-02 03:04:05", ",,"]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(frame, columns))).active
    assert sheet["C2"].value == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)
    assert sheet["A3"].value is None
