"""Invoices of an export: what their lines say about subscriptions, and the invoices themselves, whole or not at all."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from core.billing.invoices.past import PastLine, PastPayment
from core.billing.invoices.states import InvoiceState
from core.finance.exchange import Rates
from core.imports.chartmogul import values
from core.imports.chartmogul.catalog import Catalog
from core.imports.chartmogul.export import Read, Record, inside
from core.imports.chartmogul.terms import Point
from core.imports.findings import Refused
from core.imports.rows import Key, Origin
from core.money import Money

SOURCE: Final = "invoices"
_PERCENT: Final = Decimal("0.01")
# A subscription by whose it is and its id there.
Chain = tuple[Key, str]


@dataclass(frozen=True)
class Bill:
    """An invoice as it was there; `chains` says which subscription each line is of, None for a one-time charge."""

    origin: Origin
    customer: Key
    issued_on: date
    due_on: date
    state: InvoiceState
    lines: tuple[PastLine, ...]
    chains: tuple[tuple[Chain, datetime] | None, ...]
    payments: tuple[PastPayment, ...]


@dataclass
class Bills:
    """Every invoice that comes in, and what lines and events say about each subscription."""

    invoices: list[Bill] = field(default_factory=list)
    points: dict[Chain, list[Point]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True)
class Reading:
    """What invoices are read by."""

    export: Mapping[str, Read]
    catalog: Catalog
    rates: Rates
    now: datetime


def bills_of(reading: Reading) -> Bills:
    """Return the invoices; whatever can't be read is noted where it stands."""
    made = Bills()
    invoices = reading.export["invoices"]
    lines, paid = _by_invoice(reading.export["line_items"]), _by_invoice(reading.export["transactions"])
    known = {one.origin.id for one in invoices.records} | {one.text("uuid") for one in invoices.records}
    for kind in ("line_items", "transactions"):
        for one in reading.export[kind].records:
            if _invoice_named(one) not in known:
                said = f"It belongs to the invoice {_invoice_named(one)[:80] or 'of no name'}, which is not there."
                reading.export[kind].refuse(one.origin, Refused("unknown_reference", said))
    for record in invoices.records:
        own = {record.origin.id, record.text("uuid")} - {""}
        inner = [inside(record, "line_items", n, each) for n, each in enumerate(record.parts("line_items"), 1)]
        outer = [one for name in own for one in lines.get(name, [])]
        moved = [inside(record, "transactions", n, each) for n, each in enumerate(record.parts("transactions"), 1)]
        moved += [one for name in own for one in paid.get(name, [])]
        try:
            made.invoices.append(_bill(reading, made, record, inner + outer, moved))
        except Refused as why:
            invoices.refuse(record.origin, why)
    return made


def _by_invoice(source: Read) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for one in source.records:
        found[_invoice_named(one)].append(one)
    return found


def _invoice_named(of: Record) -> str:
    return of.text("invoice_external_id", "invoice_uuid", "invoice_id", "invoice")


def _bill(reading: Reading, made: Bills, record: Record, items: list[Record], moved: list[Record]) -> Bill:
    customer = reading.catalog.customer(record, "customer_external_id", "customer_uuid", "customer_id", "customer")
    issued = values.needed(record, "date", "invoice_date", now=reading.now)
    due = values.instant(record, "due_date") or issued
    currency = values.currency(record.text("currency"), reading.rates, issued)
    if not items:
        raise Refused("missing_value", "It has no line.")
    void = record.text("status", "state").lower() in ("void", "voided") or bool(record.text("voided_at"))
    # What was taken back says nothing about the subscription.
    told = Bills() if void else made
    lines, chains, refused = [], [], 0
    for item in items:
        try:
            line, chain = _line(reading, told, customer, currency, item)
        except Refused as why:
            refused += 1
            holder = reading.export["line_items" if item.origin.file == reading.export["line_items"].file else SOURCE]
            holder.refuse(item.origin, why)
            continue
        lines.append(line)
        chains.append(chain)
    if refused:
        raise Refused("refused_line", f"{refused} of its {len(items)} lines were refused.")
    total = sum(line.net.minor + line.tax.minor for line in lines)
    if total < 0:
        raise Refused("negative_amount", f"Its total is {Money(total, currency)}: a credit, which no invoice is.")
    state: InvoiceState = "void" if void else "open"
    payments = () if void else _payments(reading, record, moved, Money(total, currency), issued.date())
    return Bill(
        record.origin,
        customer,
        issued.date(),
        max(due, issued).date(),
        state,
        tuple(lines),
        tuple(chains),
        payments,
    )


def _line(
    reading: Reading, made: Bills, customer: Key, currency: str, item: Record
) -> tuple[PastLine, tuple[Chain, datetime] | None]:
    net, tax = values.cents(item, "amount") - values.cents(item, "tax_amount"), values.cents(item, "tax_amount")
    many = values.quantity(item)
    if "subscription" not in (item.text("type") or "subscription").lower():
        text = item.text("description") or "One-time charge"
        return _past(text, net, tax, currency, many, kind="one_off"), None
    plan, tier, interval = reading.catalog.plan(item)
    starts, until = values.instant(item, "service_period_start"), values.instant(item, "service_period_end")
    if starts is None or until is None or until <= starts:
        raise Refused("missing_period", "service_period_start and service_period_end must say what it pays for.")
    prorated = values.flag(item, "prorated") or bool(item.text("proration_type"))
    if net < 0 and not prorated:
        raise Refused("negative_amount", f"amount_in_cents is {net} for a whole period.")
    chain = (customer, item.text("subscription_external_id", "subscription_id") or f"{customer[1]}:{plan.name}")
    made.points[chain].append(
        Point(
            item.origin,
            starts,
            net,
            tier,
            plan.name,
            many,
            currency,
            interval,
            until,
            prorated,
            "differential" in item.text("proration_type").lower(),
            int(item.text("event_order")) if item.text("event_order").isdecimal() else 0,
        )
    )
    text = item.text("description") or plan.label
    first, last = starts.date(), (until - timedelta(microseconds=1)).date()
    line = _past(
        text, net, tax, currency, many, kind="proration" if prorated else "subscription", first=first, last=last
    )
    return line, (chain, starts)


def _past(
    text: str,
    net: int,
    tax: int,
    currency: str,
    many: int,
    *,
    kind: str,
    first: date | None = None,
    last: date | None = None,
) -> PastLine:
    rate = (Decimal(tax * 100) / net).quantize(_PERCENT, ROUND_HALF_UP) if net and tax else Decimal(0)
    return PastLine(
        text[:500],
        Money(net, currency),
        Money(tax, currency),
        Decimal(many),
        tax_rate=max(rate, Decimal(0)),
        tax_category="S" if tax else "O",
        kind=kind,  # type: ignore[arg-type] # one of the three that this file gives
        first=first,
        last=last,
    )


def _payments(
    reading: Reading, record: Record, moved: list[Record], total: Money, issued: date
) -> tuple[PastPayment, ...]:
    """Return what came of an invoice's total; failed attempts are none, refunds are noted and left out."""
    left, found = total.minor, []
    for one in moved:
        if one.text("result").lower() not in ("successful", "success", "succeeded"):
            continue
        if one.text("type").lower() == "refund":
            reading.export[SOURCE].note(record.origin, "refund_left_out", "Record its refund on the page Invoices.")
            continue
        amount = values.cents(one, "amount") or left
        if amount > left:
            said = f"{Money(amount, total.currency)} were paid of the {Money(left, total.currency)} left."
            reading.export[SOURCE].note(record.origin, "overpaid", said)
        at = values.needed(one, "date", now=reading.now)
        if min(amount, left) > 0:
            paid = Money(min(amount, left), total.currency)
            found.append(PastPayment(paid, max(at.date(), issued), external_id=f"{record.origin.id}/{one.origin.id}"))
            left -= paid.minor
    return tuple(found)
