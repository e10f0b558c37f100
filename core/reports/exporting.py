"""Taking a report away as a file: the reports there are, who may, the file written, and an entry in the audit trail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Final, Literal, get_args

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.periods import Period
from core.reports.board import board
from core.reports.board_paper import board_pdf
from core.reports.books import BOOKS
from core.reports.customers import CUSTOMERS
from core.reports.house import HOUSE
from core.reports.installs import INSTALLS
from core.reports.invoicing import INVOICING
from core.reports.ledger import LEDGER
from core.reports.licenses import LICENSES
from core.reports.paper import Paper, write_pdf
from core.reports.reconciliation import RECONCILIATION
from core.reports.report import Narrowed, Report
from core.reports.tabular import Cell, cells, write_csv, write_xlsx
from core.reports.upsells import UPSELLS
from db.session import WriteSession

FileFormat = Literal["csv", "xlsx", "pdf"]
FORMATS: Final[tuple[FileFormat, ...]] = get_args(FileFormat)
MEDIA: Final[dict[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
REPORTS: Final[dict[str, Report]] = {
    report.name: report
    for report in (CUSTOMERS, INSTALLS, LICENSES, UPSELLS, *LEDGER, *BOOKS, *INVOICING, RECONCILIATION, *HOUSE)
}
# Not a table: one page, made by board.py.
BOARD: Final = "board"


@dataclass(frozen=True)
class Exported:
    """A file that was written: its name, its media type, and how many rows it holds."""

    filename: str
    media_type: str
    rows: int


def report_named(name: str) -> Report:
    """Return a report, or raise InvalidInput naming those there are."""
    if name not in REPORTS:
        raise InvalidInput(
            f"There is no report “{name[:40]}”. Take one of: {', '.join(sorted(REPORTS))}.", field="report"
        )
    return REPORTS[name]


def export(
    session: WriteSession,
    actor: Actor,
    name: str,
    file_format: str,
    narrowed: Narrowed,
    into: IO[bytes],
    *,
    now: datetime,
    at: datetime | None = None,
    paper: Paper = "a4",
) -> Exported:
    """Write a report into a file as it stands at `at` (now, if not said), and note who took what in the audit trail.

    Needs the report's two permissions, and is for the vendor; InvalidInput for a report, a format or a filter that
    there is not, and for a PDF of more rows than anybody reads.
    """
    report = report_named(name)
    actor.require(report.export)
    actor.require_vendor()
    if file_format not in FORMATS:
        raise InvalidInput(
            f"There is no format “{file_format[:40]}”. Take one of: {', '.join(FORMATS)}.", field="format"
        )
    actor.require(report.permission)
    report.check(narrowed)
    columns = report.columns_for(actor)

    def rows() -> Iterator[tuple[Cell, ...]]:
        given: Mapping[str, Cell]
        for given in report.rows(session, actor, narrowed, at or now):
            yield cells(columns, given)

    if file_format == "csv":
        written = write_csv(columns, rows(), into)
    elif file_format == "xlsx":
        written = write_xlsx(report.title, columns, rows(), into)
    else:
        written = write_pdf(report.title, columns, rows(), into, at=at or now, narrowed=narrowed.given(), paper=paper)
    after = {"format": file_format, "rows": written, "filters": narrowed.given()}
    audit.record(session, actor, "report.exported", ("report", name), now=now, after=after)
    return Exported(f"calos-{name}-{(at or now):%Y-%m-%d}.{file_format}", MEDIA[file_format], written)


def export_board(
    session: WriteSession,
    actor: Actor,
    month: Period,
    into: IO[bytes],
    *,
    now: datetime,
    at: datetime | None = None,
    paper: Paper = "a4",
) -> Exported:
    """Write the board report of a month as PDF, as the books stand at `at`, and note it in the audit trail.

    Needs `finance:export` and `finance:read`.
    """
    actor.require(Permission.FINANCE_EXPORT)
    found = board(session, actor, month, now=at or now)
    into.write(board_pdf(found, paper=paper))
    after = {"format": "pdf", "month": f"{month.start:%Y-%m}", "paper": paper}
    audit.record(session, actor, "report.exported", ("report", BOARD), now=now, after=after)
    return Exported(f"calos-board-{month.start:%Y-%m}.pdf", MEDIA["pdf"], 1)
