"""Rows written as CSV and as XLSX: numbers as numbers, days as days, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any, Final, Literal

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from core.errors import InvalidInput

Kind = Literal["text", "whole", "number", "share", "money", "price", "month", "day", "instant", "yes_no"]
Cell = str | int | float | Decimal | date | datetime | bool | None

# A spreadsheet holds no more rows; one of them is the header.
MOST_XLSX_ROWS: Final = 1_048_575
LONGEST_CELL: Final = 32_767
# What a spreadsheet would take for a formula, were it to open the cell; the wide forms count in some of them.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_WIDTHS: Final[dict[Kind, int]] = {
    "text": 24,
    "whole": 12,
    "number": 12,
    "share": 10,
    "money": 14,
    "price": 14,
    "month": 10,
    "day": 12,
    "instant": 18,
    "yes_no": 8,
}
_SHOWN: Final[dict[Kind, str]] = {
    "whole": "#,##0",
    "number": "#,##0.0#",
    "share": "0.0%",
    "money": "#,##0.00",
    "price": "#,##0.00##########",
    "month": "mmm yyyy",
    "day": "yyyy-mm-dd",
    "instant": "yyyy-mm-dd hh:mm",
}


@dataclass(frozen=True)
class Column:
    """One column of a report: `name` in files of code, `label` as people read it.

    A money cell is a Decimal of major units with its currency in a column of its own; an instant is written in UTC.
    `finance` columns are only for who may see money; those not for `paper` are keys that only a program reads.
    """

    name: str
    label: str
    kind: Kind = "text"
    width: int | None = None
    finance: bool = False
    paper: bool = True

    @property
    def wide(self) -> int:
        """How many characters wide it is shown."""
        return self.width or _WIDTHS[self.kind]


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs: what begins like a formula is given an apostrophe (OWASP)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], into: IO[bytes]) -> int:
    """Write UTF-8 with a byte-order mark and CRLF (RFC 4180), the labels first, and return how many rows.

    The mark, because Excel reads the name of every customer with an umlaut wrongly without it; parsers skip it.
    """
    text = io.TextIOWrapper(into, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(column.label) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
        count += 1
    text.flush()
    text.detach()
    return count


def write_xlsx(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], into: IO[bytes]) -> int:
    """Write one sheet with a frozen header and a filter, row by row, and return how many rows there are.

    Text is always text: what begins like a formula is also marked so, and stays text when somebody edits the cell.
    InvalidInput where there are more rows than a sheet can hold.
    """
    book = xlsxwriter.Workbook(
        into, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    )
    sheet = book.add_worksheet(title[:31])
    formats = {kind: book.add_format({"num_format": shown}) for kind, shown in _SHOWN.items()}
    quoted = book.add_format({"quote_prefix": True})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.wide)
        sheet.write_string(0, place, column.label, head)
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > MOST_XLSX_ROWS:
            raise InvalidInput("A spreadsheet holds 1,048,575 rows and this has more: take CSV.", field="format")
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            _write(sheet, count, place, cell, formats.get(column.kind), quoted)
    sheet.autofilter(0, 0, count, max(0, len(columns) - 1))
    book.close()
    return count


def as_csv(frame: pd.DataFrame, columns: Sequence[Column]) -> bytes:
    """Return a frame as CSV; its columns are taken by name."""
    into = io.BytesIO()
    write_csv(columns, _rows(frame, columns), into)
    return into.getvalue()


def as_xlsx(frame: pd.DataFrame, columns: Sequence[Column], title: str = "Calos") -> bytes:
    """Return a frame as XLSX; its columns are taken by name."""
    into = io.BytesIO()
    write_xlsx(title, columns, _rows(frame, columns), into)
    return into.getvalue()


def cells(columns: Sequence[Column], values: Mapping[str, Cell]) -> tuple[Cell, ...]:
    """Return a row from its values by the columns' names."""
    return tuple(values[column.name] for column in columns)


def _rows(frame: pd.DataFrame, columns: Sequence[Column]) -> Iterator[tuple[Cell, ...]]:
    listed = [[_of_frame(value) for value in frame[column.name].tolist()] for column in columns]
    return zip(*listed, strict=True)


def _of_frame(value: Any) -> Cell:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    found: Cell = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
    return found


def _plain(cell: Cell) -> str:
    """Return a cell as CSV holds it: points for decimals, ISO 8601 for days and instants."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return _utc(cell).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, str):
        return harmless(cell)
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _write(sheet: Worksheet, row: int, place: int, cell: Cell, shown: Format | None, quoted: Format) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_string(row, place, "yes" if cell else "no")
    elif isinstance(cell, str):
        sheet.write_string(row, place, cell[:LONGEST_CELL], quoted if cell.startswith(_FORMULA) else None)
    elif isinstance(cell, datetime):
        sheet.write_datetime(row, place, _utc(cell), shown)
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, datetime(cell.year, cell.month, cell.day), shown)  # noqa: DTZ001 - a day
    else:
        sheet.write_number(row, place, cell, shown)


def _utc(at: datetime) -> datetime:
    return (at.astimezone(UTC) if at.tzinfo else at).replace(tzinfo=None)
