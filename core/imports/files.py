"""The files of an import: CSV as it lies there, each row with the line it begins on."""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import InvalidInput
from core.imports.mapping import Mapping as Books
from core.imports.mapping import Source, bindings

LARGEST: Final = 200_000_000
_LONGEST_CELL: Final = 1_000_000


@dataclass(frozen=True)
class File:
    """A file by its name, without any folder."""

    name: str
    content: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content."""
        return hashlib.sha256(self.content).digest()


@dataclass(frozen=True)
class Line:
    """One record: the line it begins on and its cells; None where their number is not the header's."""

    number: int
    cells: list[str] | None
    width: int


@dataclass(frozen=True)
class Table:
    """A file read as a source says: its header, and its records."""

    header: list[str]
    lines: list[Line]


def from_folder(folder: Path, books: Books) -> dict[str, File]:
    """Return the files that a mapping names; InvalidInput for one that is not there."""
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {folder}. Name the one that holds the CSV files.", field="folder")
    found = {}
    for name in sorted({source.file for source in books.sources.values()}):
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise InvalidInput(f"{folder} holds no file {name}, which the mapping names.", field="folder")
        if path.stat().st_size > LARGEST:
            raise InvalidInput(f"{name} is larger than {LARGEST // 10**6} MB; import it in parts.", field="folder")
        found[name] = File(name, path.read_bytes())
    return found


def missing_files(books: Books, given: Mapping[str, object]) -> list[str]:
    """Return the names of files that the mapping names and that were not given."""
    return sorted({source.file for source in books.sources.values()} - set(given))


def read_table(file: File, source: Source, books: Books) -> Table:
    """Return the records of a file; InvalidInput, naming file and line, where it is no CSV or lacks a column."""
    content = _decoded(file, source.encoding or books.encoding)
    delimiter = source.delimiter or books.delimiter
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(file.name, header, source)
        lines = list(_lines(reader, len(header)))
    except csv.Error as broken:
        raise InvalidInput(
            f"{file.name}, line {reader.line_num}: this is not CSV ({broken}). Save the file anew.", field="file"
        ) from broken
    return Table(header, lines)


def _lines(reader: Any, width: int) -> Iterator[Line]:
    begins = reader.line_num + 1
    for cells in reader:
        if cells:
            yield Line(begins, cells if len(cells) == width else None, len(cells))
        begins = reader.line_num + 1


def _decoded(file: File, encoding: str) -> str:
    try:
        return file.content.decode("utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding)
    except LookupError as unknown:
        raise InvalidInput(
            f"There is no encoding “{encoding[:40]}”; use utf-8 or cp1252.", field="mapping"
        ) from unknown
    except UnicodeDecodeError as wrong:
        line = file.content[: wrong.start].count(b"\n") + 1
        raise InvalidInput(
            f"{file.name}, line {line}: this is not {encoding}. Name the file's encoding in the mapping (cp1252, say).",
            field="file",
        ) from wrong


def _check_header(name: str, header: list[str], source: Source) -> None:
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise InvalidInput(f"{name}, line 1: the column “{twice[0]}” stands twice; rename one.", field="file")
    for binding in bindings(source).values():
        if binding.column is not None and binding.column not in header:
            there = ", ".join(header)[:200] or "none"
            raise InvalidInput(
                f"{name}, line 1: there is no column “{binding.column}”, which the mapping names. There are: {there}.",
                field="file",
            )
