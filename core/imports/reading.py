"""Files read into raw rows: cells by field, dates settled column by column, ids taken once."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import InvalidInput
from core.imports.cells import text
from core.imports.date_formats import DateColumn, Instant, both_readings, declared, detected
from core.imports.files import File, Table, read_table
from core.imports.findings import Finding, Refused
from core.imports.mapping import DATES, DETECT, Binding, Source, bindings
from core.imports.mapping import Mapping as Books
from core.imports.rows import Origin

LONGEST_ID = 200


@dataclass(frozen=True)
class RawRow:
    """A row with its cells by field, words replaced and defaults filled in; dates are read from `dates`."""

    origin: Origin
    cells: Mapping[str, str]


@dataclass
class RawSource:
    """What one source holds: rows by id in the file's order, how its dates are written, and what is wrong so far."""

    name: str
    file: str
    read: int
    rows: list[RawRow] = field(default_factory=list)
    dates: dict[str, DateColumn] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, origin: Origin, why: Refused) -> None:
        """Note that a row can't be taken."""
        self.doubt(origin, why.code, why.sentence)

    def doubt(self, origin: Origin, code: str, sentence: str) -> None:
        """Note something about a row."""
        self.findings.append(Finding(self.file, origin.line, origin.id, code, sentence))

    def instant(self, row: RawRow, name: str) -> Instant | None:
        """Return a row's date, None where the cell is empty; refuse what can't be read."""
        cell = row.cells.get(name, "")
        if not cell:
            return None
        column = self.dates[name]
        if cell in column.ambiguous:
            raise Refused("ambiguous_date", f"{self.columns[name]}: {both_readings(cell)}.")
        found = column.read.get(cell)
        if found is None:
            raise Refused("bad_date", f"{self.columns[name]} is “{cell[:40]}”, no date that can be read.")
        written = column.format_by_text[cell]
        if written != column.main:
            sentence = f"{self.columns[name]} is “{cell[:40]}” ({written}); most of the column is {column.main}."
            self.doubt(row.origin, "mixed_dates", sentence)
        return found


def read_sources(books: Books, files: Mapping[str, File]) -> dict[str, RawSource]:
    """Return every source read; InvalidInput names each column whose dates have to be asked for."""
    made = {
        name: _read(name, source, read_table(files[source.file], source, books))
        for name, source in books.sources.items()
    }
    asked = [
        f"{one.file}, column {one.columns[field]}: {both_readings(column.asked)}, and no value of the column decides "
        f"it. Write how it is meant beside sources.{one.name}.fields in the mapping: {{column: {one.columns[field]}, "
        "date: d/m/yyyy} or {…, date: m/d/yyyy}."
        for one in made.values()
        for field, column in one.dates.items()
        if column.asked is not None
    ]
    if asked:
        columns = "\n".join(asked)
        raise InvalidInput(
            f"Say how the dates of these columns are written:\n{columns}", code="ambiguous_dates", field="mapping"
        )
    return made


def _read(name: str, source: Source, table: Table) -> RawSource:
    bound = bindings(source)
    made = RawSource(name, source.file, len(table.lines))
    made.columns = {field: binding.column or "(constant)" for field, binding in bound.items()}
    places = {
        field: table.header.index(binding.column) for field, binding in bound.items() if binding.column is not None
    }
    seen: dict[str, Origin] = {}
    for line in table.lines:
        if line.cells is None:
            sentence = f"The line has {line.width} cells, the header {len(table.header)}."
            made.findings.append(Finding(source.file, line.number, "", "wrong_columns", sentence))
            continue
        own = [line.cells[place] for place in places.values()]
        cells = {field: _cell(binding, line.cells, places.get(field)) for field, binding in bound.items()}
        origin = Origin(name, source.file, line.number, cells["id"], _digest(own))
        if _is_first(made, origin, seen):
            made.rows.append(RawRow(origin, cells))
    made.dates = {field: _dates(bound[field], made.rows, field) for field in bound if field in DATES}
    return made


def _cell(binding: Binding, cells: list[str], place: int | None) -> str:
    found = (binding.constant or "") if place is None else cells[place].strip()
    found = binding.values.get(found, found)
    return found or binding.default or ""


def _digest(cells: list[str]) -> bytes:
    return hashlib.blake2b("\x1f".join(cells).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _is_first(made: RawSource, origin: Origin, seen: dict[str, Origin]) -> bool:
    """Whether the row has an id, and the first of its kind; note it where not."""
    try:
        text(origin.id, "The id", longest=LONGEST_ID)
    except Refused as why:
        made.refuse(origin, why)
        return False
    if not origin.id:
        made.refuse(origin, Refused("missing_value", f"{made.columns['id']} is empty: the row has no id."))
        return False
    first = seen.setdefault(origin.id, origin)
    if first is origin:
        return True
    if first.digest == origin.digest:
        made.doubt(origin, "repeated_row", f"The row of line {first.line} stands here again; it counts once.")
    else:
        sentence = f"The id stands in line {first.line} already, with other content; that one is taken."
        made.refuse(origin, Refused("repeated_id", sentence))
    return False


def _dates(binding: Binding, rows: list[RawRow], field: str) -> DateColumn:
    texts = Counter(cell for row in rows if (cell := row.cells[field]))
    if binding.date is None or DETECT in binding.date:
        return detected(texts)
    return declared(texts, binding.date)
