"""A whole import checked before anything is written: what would be taken over, and everything that is wrong."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.imports.churn import Churn, compare
from core.imports.entities import Terms
from core.imports.files import File
from core.imports.findings import Finding, by_reason
from core.imports.gathering import Account, Gathering, Known
from core.imports.mapping import Mapping as Books
from core.imports.reading import RawSource, read_sources
from core.imports.rows import Key
from core.money import Money
from core.periods import last_instant

PREVIEWED: Final = 20
EXAMPLES: Final = 3


@dataclass(frozen=True)
class Count:
    """The rows of one source: read = new + known + refused; `doubtful` are those of new and known with a doubt.

    Known are rows taken over before, and those that stand in the file a second time.
    """

    source: str
    file: str
    entity: str
    read: int
    new: int
    known: int
    refused: int
    doubtful: int


@dataclass(frozen=True)
class Checked:
    """An import that can be applied: accounts, findings, and the numbers of the report."""

    books: Books
    accounts: list[Account]
    findings: list[Finding]
    counts: list[Count]
    notes: list[str]
    churn: Churn
    mrr: Money
    end: datetime

    @property
    def reasons(self) -> dict[str, int]:
        """How often each reason was found."""
        return by_reason(self.findings)

    @property
    def new_rows(self) -> int:
        """How many rows would be taken over."""
        return sum(count.new for count in self.counts)

    def summary(self) -> dict[str, Any]:
        """Return the report without its rows, as JSON."""
        return {
            "counts": [vars(count) for count in self.counts],
            "reasons": self.reasons,
            "examples": _examples(self.findings),
            "notes": self.notes,
            "churn": self.churn.as_json(),
            "mrrMinor": self.mrr.minor,
            "currency": self.mrr.currency,
            "end": self.end.isoformat(),
            "preview": [_previewed(one, self.end) for one in self.accounts[:PREVIEWED]],
        }


def check(
    books: Books,
    files: Mapping[str, File],
    *,
    known: Mapping[Key, Known],
    tiers: Collection[str],
    names_taken: Collection[str] = (),
    now: datetime,
) -> Checked:
    """Read and check every row; `known` are those taken over before, `names_taken` customers there are, in lower case.

    Raises InvalidInput, with a sentence for each, where a file can't be read or a column's dates have to be asked for.
    """
    raw = read_sources(books, files)
    gathering = Gathering(raw, Terms(books, tiers, now), known)
    accounts = gathering.gather()
    _note_same_names(accounts, raw, names_taken)
    end = min(now, last_instant(books.as_of)) if books.as_of else now
    churn = compare(accounts, raw, end)
    findings = [finding for source in raw.values() for finding in source.findings]
    counts = [_count(source, books, accounts, gathering.taken_before[name]) for name, source in raw.items()]
    mrr = Money(sum(one.mrr_minor(end) for one in accounts), books.currency)
    return Checked(books, accounts, findings, counts, list(_notes(books, raw, churn)), churn, mrr, end)


def _note_same_names(accounts: list[Account], raw: Mapping[str, RawSource], taken: Collection[str]) -> None:
    seen: set[str] = set(taken)
    for one in accounts:
        if one.customer is not None and one.customer.origin.key in one.new:
            name = one.customer.name.lower()
            if name in seen:
                said = f"There is a customer named {one.customer.name} already; this becomes a second one."
                raw[one.customer.origin.source].doubt(one.customer.origin, "same_name", said)
            seen.add(name)


def _count(source: RawSource, books: Books, accounts: list[Account], known: int) -> Count:
    lines: dict[str, set[int]] = {"refused": set(), "doubtful": set(), "repeated_row": set()}
    for finding in source.findings:
        lines[finding.verdict if finding.code != "repeated_row" else finding.code].add(finding.line)
    known += len(lines["repeated_row"])
    new = sum(key[0] == source.name for one in accounts for key in one.new)
    doubtful = len(lines["doubtful"] - lines["refused"])
    entity = books.sources[source.name].entity
    return Count(source.name, source.file, entity, source.read, new, known, len(lines["refused"]), doubtful)


def _notes(books: Books, raw: Mapping[str, RawSource], churn: Churn) -> list[str]:
    """Return in sentences what is wrong with the books as a whole."""
    formats: Counter[str] = Counter()
    columns: dict[str, list[str]] = {}
    for source in raw.values():
        for field, column in source.dates.items():
            for written, number in column.formats.items():
                formats[written] += number
                columns.setdefault(written, []).append(f"{source.file}: {source.columns[field]}")
    made = []
    if len(formats) > 1:
        ways = "; ".join(
            f"{written} ({number:,} values in {', '.join(columns[written])})"
            for written, number in formats.most_common()
        )
        made.append(f"Dates are written in {len(formats)} ways: {ways}. Each column was read in its own.")
    if churn.contradict():
        made.append(churn.sentence())
    return made


def _examples(findings: list[Finding]) -> dict[str, list[dict[str, Any]]]:
    made: dict[str, list[dict[str, Any]]] = {code: [] for code in by_reason(findings)}
    for one in findings:
        if len(made[one.code]) < EXAMPLES:
            made[one.code].append({"file": one.file, "line": one.line, "id": one.id, "sentence": one.sentence})
    return made


def _previewed(account: Account, end: datetime) -> dict[str, Any]:
    customer = account.customer
    return {
        "name": customer.name if customer else str(account.organization_id),
        "country": customer.country if customer else None,
        "segment": customer.segment if customer else None,
        "tier": customer.tier if customer else None,
        "seats": customer.seats if customer else None,
        "since": customer.signed_up.date().isoformat() if customer else None,
        "subscriptions": len(account.subscriptions),
        "mrrMinor": account.mrr_minor(end),
        "uses": len(account.uses),
        "tickets": len(account.tickets),
        "churnEvents": len(account.churn_events),
    }
