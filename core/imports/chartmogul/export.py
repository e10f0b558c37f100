"""A folder of ChartMogul exports read into records: what its API answers as JSON, and its tables as CSV."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.errors import InvalidInput
from core.imports.files import LARGEST, File
from core.imports.findings import Finding, Refused
from core.imports.rows import Origin

# Under which names each kind of record may lie, without their ending; the first that is there is read.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "customers": ("customers",),
    "plans": ("plans",),
    "invoices": ("invoices",),
    "line_items": ("line_items", "invoice_line_items"),
    "transactions": ("transactions",),
    "subscriptions": ("subscriptions",),
    "subscription_events": ("subscription_events", "cancellations"),
    "movements": ("activities", "mrr_movements"),
}
NEEDED: Final = ("customers", "plans", "invoices")
_ENDINGS: Final = (".json", ".csv")
_WRAPPERS: Final = ("entries", "customers", "plans", "invoices", "subscriptions", "subscription_events", "data")
_ODD: Final = re.compile(r"[^a-z0-9]+")
_TERMS: Final = ("external_id", "uuid", "id")


@dataclass(frozen=True)
class Record:
    """One record: where it stands (the line of a CSV, the number of the entry in JSON) and its cells by plain name."""

    origin: Origin
    cells: Mapping[str, Any]

    def text(self, *names: str) -> str:
        """Return the first cell that holds something, trimmed; nothing where none does."""
        for name in names:
            found = self.cells.get(name)
            if found is not None and not isinstance(found, dict | list) and str(found).strip():
                return str(found).strip()
        return ""

    def parts(self, name: str) -> list[dict[str, Any]]:
        """Return the records inside of one cell."""
        found = self.cells.get(name)
        return [plain(one) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


@dataclass
class Read:
    """The records of one kind in their order, each id once, and what is wrong with the others."""

    kind: str
    file: str = ""
    read: int = 0
    records: list[Record] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def note(self, origin: Origin, code: str, sentence: str) -> None:
        """Note something about a record, which refuses it where the reason does."""
        self.findings.append(Finding(origin.file, origin.line, origin.id, code, sentence))

    def refuse(self, origin: Origin, why: Refused) -> None:
        """Note that a record can't be taken."""
        self.note(origin, why.code, why.sentence)


def files_in(folder: Path) -> dict[str, File]:
    """Return the files of an export by their name; InvalidInput for a folder that holds none, or one too large."""
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {folder}. Name the one that holds the exports.", field="folder")
    found = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in _ENDINGS and any(path.stem in names for names in NAMES.values()):
            if path.stat().st_size > LARGEST:
                raise InvalidInput(f"{path.name} is larger than {LARGEST // 10**6} MB.", field="folder")
            found[path.name] = File(path.name, path.read_bytes())
    missing = [kind for kind in NEEDED if _file_of(kind, found) is None]
    if missing:
        raise InvalidInput(
            f"{folder} holds no {', no '.join(missing)} (as .json or .csv): docs/imports.md says how they are saved.",
            field="folder",
        )
    return found


def read_export(files: Mapping[str, File]) -> dict[str, Read]:
    """Return every kind of record; InvalidInput, naming the file, where one is neither JSON nor CSV."""
    return {kind: _read(kind, _file_of(kind, files)) for kind in NAMES}


def plain(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return cells by names as ChartMogul's API writes them: `Customer external ID` is `customer_external_id`."""
    return {_ODD.sub("_", str(name).lower()).strip("_"): value for name, value in cells.items()}


def inside(of: Record, kind: str, place: int, cells: Mapping[str, Any]) -> Record:
    """Return a record that stands inside of another one."""
    own = next((str(cells[name]) for name in _TERMS if cells.get(name)), f"{of.origin.id}:{place}")
    return Record(Origin(kind, of.origin.file, of.origin.line, own, _digest(cells)), cells)


def _file_of(kind: str, files: Mapping[str, File]) -> File | None:
    names = [name + ending for name in NAMES[kind] for ending in _ENDINGS]
    return next((files[name] for name in names if name in files), None)


def _read(kind: str, file: File | None) -> Read:
    made = Read(kind, file.name if file else "")
    if file is None:
        return made
    seen: dict[str, Origin] = {}
    found = _from_json(file) if file.name.endswith(".json") else _from_csv(file)
    for line, cells in found:
        made.read += 1
        if cells is None:
            sentence = "The line has more cells than the header."
            made.findings.append(Finding(file.name, line, "", "wrong_columns", sentence))
            continue
        own = _own_id(kind, cells)
        origin = Origin(kind, file.name, line, own[:200], _digest(cells))
        if not own:
            made.note(origin, "missing_value", "It has no external id, so that nobody could know it again.")
        elif (first := seen.setdefault(own, origin)) is origin:
            made.records.append(Record(origin, cells))
        elif first.digest == origin.digest:
            made.note(origin, "repeated_row", f"The record of line {first.line} stands here again; it counts once.")
        else:
            said = f"The id stands in line {first.line} already, with other content; that one is taken."
            made.note(origin, "repeated_id", said)
    return made


def _own_id(kind: str, cells: Mapping[str, Any]) -> str:
    names = {
        "customers": ("external_id", "customer_external_id", "customer_id"),
        "plans": ("external_id", "plan_external_id", "plan_id", "uuid", "name"),
        "invoices": ("external_id", "invoice_external_id", "invoice_id", "number"),
        "movements": ("uuid", "id"),
    }.get(kind, _TERMS)
    found = next((str(cells[name]).strip() for name in names if str(cells.get(name) or "").strip()), "")
    # Their tables of lines, transactions and events need no id: the content tells them apart.
    return found or ("" if kind in ("customers", "plans", "invoices", "movements") else _digest(cells).hex())


def _digest(cells: Mapping[str, Any]) -> bytes:
    return hashlib.blake2b(json.dumps(cells, sort_keys=True, default=str).encode(), digest_size=16).digest()


def _from_json(file: File) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        held = json.loads(file.content.decode("utf-8-sig"), parse_float=str)
    except (ValueError, RecursionError) as wrong:
        raise InvalidInput(f"{file.name} is no JSON: save the API's answer as it came.", field="folder") from wrong
    number = 0
    for page in held if isinstance(held, list) else [held]:
        if not isinstance(page, dict):
            raise InvalidInput(f"{file.name} holds something else than records.", field="folder")
        wrapped = next((page[name] for name in _WRAPPERS if isinstance(page.get(name), list)), None)
        for one in [page] if wrapped is None else wrapped:
            number += 1
            if not isinstance(one, dict):
                raise InvalidInput(f"{file.name}, entry {number}: this is no record.", field="folder")
            yield number, plain(one)


def _from_csv(file: File) -> Iterator[tuple[int, dict[str, Any] | None]]:
    try:
        content = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = file.content[: wrong.start].count(b"\n") + 1
        raise InvalidInput(f"{file.name}, line {line}: this is not UTF-8; save it as UTF-8.", field="folder") from wrong
    first = content.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        begins = reader.line_num + 1
        for cells in reader:
            if cells:
                fits = len(cells) == len(header)
                yield begins, plain(dict(zip(header, cells, strict=True))) if fits else None
            begins = reader.line_num + 1
    except csv.Error as broken:
        raise InvalidInput(
            f"{file.name}, line {reader.line_num}: this is not CSV ({broken}). Save the file anew.", field="folder"
        ) from broken
