"""A whole export checked before anything is written: customers, subscriptions, invoices, and their own movements."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.finance.exchange import REPORTING, Rates
from core.finance.movements import MovementKind
from core.imports import cells
from core.imports.chartmogul import bills as billed
from core.imports.chartmogul import catalog as known_by
from core.imports.chartmogul import terms, values
from core.imports.chartmogul.bills import Bill, Bills, Reading, bills_of
from core.imports.chartmogul.catalog import Catalog, catalog_of
from core.imports.chartmogul.export import NAMES, Read, Record, inside, read_export
from core.imports.chartmogul.mapping import ChartMogulMapping
from core.imports.chartmogul.terms import Point, Told, told
from core.imports.checking import Checked, Count
from core.imports.churn import compare
from core.imports.files import File
from core.imports.findings import Refused
from core.imports.gathering import Account, Known
from core.imports.rows import Key, Origin, SubscriptionRow
from core.money import Money
from core.periods import last_instant

KINDS: Final[Mapping[str, MovementKind]] = {
    "new_biz": "new",
    "new": "new",
    "expansion": "expansion",
    "contraction": "contraction",
    "churn": "churn",
    "reactivation": "reactivation",
}
_STARTS: Final = frozenset({"subscription_start", "subscription_updated"})
_ENDS: Final = frozenset({"subscription_cancelled", "subscription_canceled", ""})
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Theirs:
    """A movement as ChartMogul tells it, in minor units of the account's currency; `customer` is their id."""

    external_id: str
    customer: str
    subscription: str | None
    plan: str | None
    kind: MovementKind
    at: datetime
    change: int
    mrr: int | None


@dataclass(frozen=True)
class Moving:
    """Everything that would be taken over: what any import has (`checked`), new invoices, and their movements."""

    checked: Checked
    mapping: ChartMogulMapping
    bills: tuple[Bill, ...]
    # The subscription that was in force where a chain stands at an instant.
    chains: Mapping[billed.Chain, tuple[SubscriptionRow, ...]]
    movements: tuple[Theirs, ...]
    source: str
    digest: bytes


class _Account(Account):
    """An account that pays in any currency; `rates` report it in the books'."""

    rates: Rates

    def mrr_minor(self, at: datetime) -> int:
        """Return the MRR at an instant, in minor units of the books' currency."""
        return self.rates.report([one.mrr for one in self.subscriptions if one.lives(at)], at.date()).minor


def check(
    mapping: ChartMogulMapping,
    files: Mapping[str, File],
    *,
    known: Mapping[Key, Known],
    rates: Rates,
    names_taken: frozenset[str],
    now: datetime,
) -> Moving:
    """Read and check every record; `known` are those taken over before. InvalidInput where a file can't be read."""
    export = read_export(files)
    first = _first_bills(export["invoices"])
    catalog = catalog_of(export["customers"], export["plans"], mapping, first, now=now)
    found = bills_of(Reading(export, catalog, rates, now))
    _events(export, catalog, rates, found, now)
    end = min(now, last_instant(mapping.as_of)) if mapping.as_of else now
    accounts, chains = _accounts(export, catalog, found, known, rates, end)
    _same_names(accounts, export["customers"], names_taken)
    bills = tuple(_new_bills(export["invoices"], found.invoices, accounts, known))
    movements = tuple(_movements(export["movements"], catalog, now))
    findings = [one for source in export.values() for one in source.findings]
    counts = list(_counts(export, accounts, bills, movements, known))
    mrr = Money(sum(one.mrr_minor(end) for one in accounts.values()), REPORTING)
    listed: list[Account] = list(accounts.values())
    notes = list(_notes(export, movements))
    checked = Checked(mapping.as_books(), listed, findings, counts, notes, compare(listed, {}, end), mrr, end)
    told_by = export["movements"].file
    digest = hashlib.sha256(files[told_by].content if told_by else b"").digest()
    return Moving(checked, mapping, bills, chains, movements, told_by, digest)


def _first_bills(invoices: Read) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for one in invoices.records:
        try:
            at = values.instant(one, "date", "invoice_date")
        except Refused:
            continue
        for name in ("customer_external_id", "customer_uuid", "customer_id", "customer"):
            if at is not None and (who := one.text(name)):
                found[who] = min(at, found.get(who, at))
    return found


def _events(export: Mapping[str, Read], catalog: Catalog, rates: Rates, found: Bills, now: datetime) -> None:
    """Add what subscriptions and their events say: cancellations, and terms that no invoice line told."""
    retracted = {
        one.text("retracted_event_id")
        for one in export["subscription_events"].records
        if one.text("retracted_event_id")
    }
    for one in export["subscription_events"].records:
        if {one.origin.id, one.text("id"), one.text("external_id")} & retracted:
            continue
        try:
            _event(one, catalog, rates, found, now)
        except Refused as why:
            export["subscription_events"].refuse(one.origin, why)
    for one in export["subscriptions"].records:
        try:
            customer = catalog.customer(one, "customer_external_id", "customer_uuid")
            for n, each in enumerate(one.cells.get("cancellation_dates") or [], 1):
                ended = inside(one, "subscriptions", n, {"at": each})
                at = values.needed(ended, "at")
                if at <= now:
                    found.points[customer, one.text("external_id")].append(Point(one.origin, at, None))
        except Refused as why:
            export["subscriptions"].refuse(one.origin, why)


def _event(one: Record, catalog: Catalog, rates: Rates, found: Bills, now: datetime) -> None:
    kind = one.text("event_type", "type").lower().replace(" ", "_")
    if kind not in _STARTS | _ENDS:
        return
    customer = catalog.customer(one, "customer_external_id", "customer_uuid", "customer_id", "customer")
    at = values.needed(one, "effective_date", "cancelled_at", "event_date", "date")
    if at > now:
        return
    chain = (customer, one.text("subscription_external_id", "subscription_id"))
    if kind in _ENDS:
        found.points[chain].append(Point(one.origin, at, None))
        return
    plan, tier, interval = catalog.plan(one)
    currency = values.currency(one.text("currency"), rates, at)
    whole = values.cents(one, "amount") - values.cents(one, "tax_amount")
    if whole < 0:
        raise Refused("negative_amount", f"amount_in_cents is {whole}.")
    many = values.quantity(one)
    found.points[chain].append(Point(one.origin, at, whole, tier, plan.name, many, currency, interval))


def _accounts(
    export: Mapping[str, Read],
    catalog: Catalog,
    found: Bills,
    known: Mapping[Key, Known],
    rates: Rates,
    end: datetime,
) -> tuple[dict[Key, _Account], dict[billed.Chain, tuple[SubscriptionRow, ...]]]:
    accounts: dict[Key, _Account] = {}
    for key, customer in catalog.customers.items():
        before = known.get(key)
        made = _Account(customer, before.organization_id if before else None)
        made.rates = rates
        accounts[key] = made
        if before is None:
            made.new.add(key)
        elif before.digest != customer.origin.digest:
            _changed(export["customers"], customer.origin)
    chains = {}
    for (key, name), points in found.points.items():
        rows = told(name, key, points)
        chains[key, name] = rows.rows
        if key in accounts:
            _place(export["invoices"], accounts[key], rows, known, end)
    return accounts, chains


def _place(source: Read, account: _Account, found: Told, known: Mapping[Key, Known], end: datetime) -> None:
    """Put a chain with its customer; where an older part of it has changed since, nothing newer can follow on it."""
    broken = False
    for row in found.rows:
        before = known.get(row.origin.key)
        if broken or (before is not None and before.digest != row.origin.digest):
            broken = True
            _changed(source, row.origin)
            continue
        account.subscriptions.append(row)
        if before is None:
            account.new.add(row.origin.key)
    for row in found.estimated:
        source.note(
            row.origin, "estimated_price", f"{row.amount} × {row.quantity}, {row.billing}, from {row.starts.date()}."
        )
    last = found.rows[-1] if found.rows else None
    if last and last.ends is None and found.paid_until is not None and found.paid_until + _A_DAY < end:
        said = f"It was paid for until {found.paid_until.date()}; it goes on, as in ChartMogul."
        source.note(last.origin, "never_renewed", said)


def _changed(source: Read, origin: Origin) -> None:
    source.note(origin, "changed_since", "It was imported before with other content; what was imported stays.")


def _same_names(accounts: Mapping[Key, _Account], customers: Read, taken: frozenset[str]) -> None:
    seen = set(taken)
    for one in accounts.values():
        if one.customer is not None and one.customer.origin.key in one.new:
            name = one.customer.name.lower()
            if name in seen:
                said = f"There is a customer named {one.customer.name} already; this becomes a second one."
                customers.note(one.customer.origin, "same_name", said)
            seen.add(name)


def _new_bills(
    source: Read, bills: list[Bill], accounts: Mapping[Key, _Account], known: Mapping[Key, Known]
) -> Iterator[Bill]:
    for one in bills:
        before = known.get(one.origin.key)
        if before is not None and before.digest != one.origin.digest:
            _changed(source, one.origin)
        elif before is None and one.customer in accounts:
            yield one


def _movements(source: Read, catalog: Catalog, now: datetime) -> Iterator[Theirs]:
    running: dict[str, int] = defaultdict(int)
    read: list[tuple[Record, Theirs]] = []
    for one in source.records:
        try:
            read.append((one, _movement(one, catalog, now)))
        except Refused as why:
            source.refuse(one.origin, why)
    for record, made in sorted(read, key=lambda pair: (pair[1].at, pair[0].origin.line)):
        running[made.customer] += made.change
        if made.mrr is not None and made.mrr != running[made.customer]:
            said = (
                f"The MRR beside it is {made.mrr}, its movements so far add up to {running[made.customer]} (in cents)."
            )
            source.note(record.origin, "other_sum", said)
        yield made


def _movement(one: Record, catalog: Catalog, now: datetime) -> Theirs:
    kind = one.text("type", "movement_type").lower().replace(" ", "_")
    if kind not in KINDS:
        raise Refused("unknown_value", f"“{kind[:40]}” is no kind of movement: {', '.join(KINDS)}.")
    who = one.text("customer_external_id", "customer_uuid")
    if not who:
        raise Refused("missing_value", "customer_external_id is empty.")
    key = catalog.customer_names.get(who) or catalog.customer_names.get(one.text("customer_uuid"))
    change = one.text("activity_mrr_movement", "mrr_movement")
    mrr = one.text("activity_mrr", "mrr")
    lowest = -cells.LARGEST
    return Theirs(
        one.origin.id,
        key[1] if key else who,
        one.text("subscription_external_id") or None,
        one.text("plan_external_id") or None,
        KINDS[kind],
        values.needed(one, "date", now=now),
        cells.whole(change, "activity-mrr-movement", least=lowest),
        cells.whole(mrr, "activity-mrr", least=lowest) if mrr else None,
    )


def _counts(
    export: Mapping[str, Read],
    accounts: Mapping[Key, _Account],
    bills: tuple[Bill, ...],
    movements: tuple[Theirs, ...],
    known: Mapping[Key, Known],
) -> Iterator[Count]:
    rows = [row for one in accounts.values() for row in one.subscriptions]
    new = {
        source: sum(key[0] == source for one in accounts.values() for key in one.new)
        for source in (known_by.SOURCE, terms.SOURCE)
    }
    yield _count(export["customers"], "customer", new[known_by.SOURCE], sum(key in known for key in accounts))
    subscriptions = Read(terms.SOURCE, export["invoices"].file, len(rows))
    yield _count(subscriptions, "subscription", new[terms.SOURCE], len(rows) - new[terms.SOURCE])
    yield _count(export["invoices"], "invoice", len(bills), sum(key[0] == billed.SOURCE for key in known))
    for kind in NAMES:
        if kind not in ("customers", "invoices") and export[kind].file:
            yield _count(export[kind], kind, 0, 0)


def _count(source: Read, entity: str, new: int, known: int) -> Count:
    lines: dict[str, set[int]] = {"refused": set(), "doubtful": set()}
    for one in source.findings:
        lines[one.verdict].add(one.line)
    doubtful = len(lines["doubtful"] - lines["refused"])
    return Count(source.kind, source.file, entity, source.read, new, known, len(lines["refused"]), doubtful)


def _notes(export: Mapping[str, Read], movements: tuple[Theirs, ...]) -> Iterator[str]:
    asked = [one.id for one in export["plans"].findings if one.code == "unknown_plan"]
    if asked:
        yield f"Say which tiers these plans are, under plans in the mapping: {', '.join(sorted(asked))[:400]}."
    if not movements:
        yield "There are no activities in the export, so that a parallel run has nothing of theirs to compare with."


def until_of(moving: Moving, now: datetime) -> datetime:
    """Return the instant up to which ChartMogul tells: the books' last day, else now."""
    last: date | None = moving.mapping.as_of
    return min(now, last_instant(last)) if last else now
