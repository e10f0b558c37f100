"""Cost entries from a CSV file: each row read or refused by itself, with the line and the reason."""

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.finance.booking import MOST
from core.finance.entries import COST_KINDS, CostKind, NewCost, amount_given, check
from core.finance.exchange import REPORTING, Rates
from core.finance.flows import exchange_rates, product_order
from core.organizations.reads import names
from db.session import ReadSession

SOURCE: Final = "csv"
LARGEST_FILE: Final = 5_000_000
COLUMNS: Final = ("day", "kind", "amount", "currency", "customer", "product", "note", "external_id")
_REQUIRED: Final = ("day", "kind", "amount")
_OTHER_NAMES: Final = {
    "date": "day",
    "booked_on": "day",
    "cost_kind": "kind",
    "cost": "amount",
    "organization": "customer",
    "customer_name": "customer",
    "customer_id": "customer",
    "product_id": "product",
    "description": "note",
    "id": "external_id",
    "reference": "external_id",
}


@dataclass(frozen=True)
class Refused:
    """A row that cannot be booked: its line in the file, what it says, and why."""

    line: int
    said: str
    why: str


@dataclass(frozen=True)
class ReadFile:
    """What a file holds: what can be booked, and what is refused; both in the order of the file."""

    entries: tuple[NewCost, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class _Known:
    customers: Mapping[str, UUID | None]
    products: Mapping[str, str]
    rates: Rates
    today: date


def read_costs(session: ReadSession, actor: Actor, content: bytes, *, today: date) -> ReadFile:
    """Read a CSV file of costs without booking any; needs `finance:manage_costs`.

    Columns in any order: day (2026-01-31), kind and amount; and where wanted currency (else the reporting one),
    customer (its name or id; nobody's where empty), product, note and external_id. Rows without an external id are
    named by what they say, so that the same file read twice is booked once. InvalidInput where the file as a whole is
    no such table; a row that cannot be booked is refused by itself.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_MANAGE_COSTS)
    rows = _rows(content)
    known = _known(session, actor, today)
    entries, refused = [], []
    seen: Counter[str] = Counter()
    for line, row in rows:
        said = ", ".join(value for value in row.values() if value)
        seen[said] += 1
        try:
            entries.append(_entry(row, known, said, seen[said]))
        except InvalidInput as why:
            refused.append(Refused(line, said[:200], why.message))
    return ReadFile(tuple(entries), tuple(refused))


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    if len(content) > LARGEST_FILE:
        raise InvalidInput(f"Give a file of at most {LARGEST_FILE // 1_000_000} MB; split a larger one.", field="file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("The file is not UTF-8. Save it as CSV UTF-8.", field="file") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [_column(each) for each in next(reader, [])]
        missing = [each for each in _REQUIRED if each not in header]
        if missing:
            raise InvalidInput(
                f"The first line must name the columns, and lacks “{missing[0]}”. Known are: {', '.join(COLUMNS)}.",
                field="file",
            )
        found = [(reader.line_num, _named(header, cells)) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as broken:
        raise InvalidInput(f"The file is no CSV: {broken}.", field="file") from None
    if not 0 < len(found) <= MOST:
        raise InvalidInput(f"Give from 1 to {MOST:,} rows below the names of the columns.", field="file")
    return found


def _column(cell: str) -> str:
    name = cell.strip().lower().replace(" ", "_").replace("-", "_")
    return _OTHER_NAMES.get(name, name)


def _named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    pairs = zip(header, cells, strict=False)
    return {name: cell.strip() for name, cell in pairs if name in COLUMNS}


def _known(session: ReadSession, actor: Actor, today: date) -> _Known:
    customers: dict[str, UUID | None] = {}
    for key, name in names(session, actor).items():
        if key == actor.organization_id:
            continue
        customers[str(key)] = key
        folded = name.casefold()
        # Two of one name cannot be told apart by it.
        customers[folded] = None if folded in customers else key
    products = {each.casefold(): each for each in product_order(session)}
    return _Known(customers, products, exchange_rates(session), today)


def _entry(row: Mapping[str, str], known: _Known, said: str, times: int) -> NewCost:
    kind = _kind(row.get("kind", ""))
    amount = amount_given(row.get("amount", ""), (row.get("currency") or REPORTING).upper())
    digest = hashlib.sha256(said.encode()).hexdigest()[:32]
    entry = NewCost(
        _day(row.get("day", "")),
        kind,
        amount,
        _customer(row.get("customer", ""), known),
        _product(row.get("product", ""), known),
        row.get("note", ""),
        row.get("external_id") or f"{digest}-{times}",
    )
    check([entry], today=known.today, rates=known.rates)
    return entry


def _kind(text: str) -> CostKind:
    for kind in COST_KINDS:
        if kind == text.lower():
            return kind
    raise InvalidInput(f"“{text[:40]}” is no kind of cost. Give one of: {', '.join(COST_KINDS)}.", field="kind")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"“{text[:40]}” is no day. Write it as 2026-01-31.", field="day") from None


def _customer(text: str, known: _Known) -> UUID | None:
    if not text:
        return None
    if text.casefold() not in known.customers:
        raise InvalidInput(
            f"There is no customer “{text[:80]}”. Give a name or an id as on Customers.", field="customer"
        )
    found = known.customers[text.casefold()]
    if found is None:
        raise InvalidInput(f"More than one customer is called “{text[:80]}”. Give the id.", field="customer")
    return found


def _product(text: str, known: _Known) -> str | None:
    if not text:
        return None
    if text.casefold() not in known.products:
        raise InvalidInput(
            f"There is no product “{text[:40]}”. Give one of: {', '.join(known.products.values())}.", field="product"
        )
    return known.products[text.casefold()]
