"""A report as pages to be read: a calm table, landscape where it is wide, with its day and its filters above it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any, Final, Literal

from core.billing.documents.typesetting import pdf_pages
from core.errors import InvalidInput
from core.reports.tabular import Cell, Column, Kind

Paper = Literal["a4", "letter"]
# Nobody reads more; a longer list is for a program or a spreadsheet.
MOST_ROWS: Final = 2_000
TEMPLATE: Final = "report/table.typ"
UNDEFINED: Final = "—"
# Characters of a small letter that fit side by side on upright paper, and the widest that a column gets.
_UPRIGHT: Final = 112
_WIDEST: Final = 46
_FIGURES: Final[frozenset[Kind]] = frozenset({"whole", "number", "share", "money", "price"})


def write_pdf(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    into: IO[bytes],
    *,
    at: datetime,
    narrowed: Mapping[str, str | bool],
    paper: Paper = "a4",
) -> int:
    """Write the columns that are for paper as PDF/A-3b and return how many rows; InvalidInput for more than MOST_ROWS.

    The same rows, day and paper are the same bytes.
    """
    held = list(islice(rows, MOST_ROWS + 1))
    if len(held) > MOST_ROWS:
        raise InvalidInput(
            f"Nobody reads more than {MOST_ROWS:,} rows on paper. Narrow the report, or take XLSX or CSV.",
            field="format",
        )
    into.write(
        pdf_pages(TEMPLATE, table_of(title, columns, held, at=at, narrowed=narrowed, paper=paper), dated=at.date())
    )
    return len(held)


def table_of(
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    at: datetime,
    narrowed: Mapping[str, str | bool],
    paper: Paper,
) -> dict[str, Any]:
    """Return what the template shows: all of it text, but for the widths."""
    kept = [place for place, column in enumerate(columns) if column.paper]
    shown = [columns[place] for place in kept]
    widths = [max(min(column.wide, _WIDEST), 7) for column in shown]
    return {
        "paper": paper,
        "title": title,
        "at": f"As of {at.astimezone(UTC):%B %-d, %Y}",
        "narrowed": " · ".join(f"{name.replace('_', ' ')}: {value}" for name, value in narrowed.items()),
        "count": f"{len(rows):,} row{'' if len(rows) == 1 else 's'}",
        "wide": sum(widths) > _UPRIGHT,
        "small": sum(widths) > 2 * _UPRIGHT,
        "columns": [
            {"label": column.label, "width": width, "figure": column.kind in _FIGURES}
            for column, width in zip(shown, widths, strict=True)
        ],
        "rows": [[on_paper(row[place], columns[place].kind) for place in kept] for row in rows],
    }


def on_paper(cell: Cell, kind: Kind) -> str:
    """Return a cell as people read it; what is not known is a dash."""
    if cell is None or cell == "":
        return UNDEFINED
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, date):
        return f"{cell:%b %Y}" if kind == "month" else f"{cell:%Y-%m-%d}"
    if isinstance(cell, str):
        return cell
    if kind == "share":
        return f"{Decimal(str(cell)):.1%}"
    return f"{cell:,.1f}" if kind == "number" else f"{cell:,f}" if isinstance(cell, Decimal) else f"{cell:,}"
