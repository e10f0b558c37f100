"""Invoices as they were before, with their payments: of imports and of worlds that are built, many at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam as given
from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.due import PIECES
from core.billing.invoices.locks import lock_customers
from core.billing.invoices.numbering import take_numbers
from core.billing.invoices.payment_reads import Method
from core.billing.invoices.profiles import profiles_of
from core.billing.invoices.sellers import Seller, all_sellers, seller_said
from core.billing.invoices.states import InvoiceState, LineKind
from core.errors import InvalidInput
from core.ids import new_id
from core.money import Money
from db.models.invoices import billed_item, invoice, invoice_line, invoice_tax, payment, payment_allocation
from db.session import WriteSession

MOST_AT_ONCE: Final = 5_000
_HOUR: Final = time(6, tzinfo=UTC)
# What ended before it was recorded was credited where it was billed, or not at all.
_CREDITED = text("""
INSERT INTO billed_item (key, organization_id, invoice_id)
SELECT 'credit:' || l.id, l.organization_id, l.invoice_id
FROM invoice_line l JOIN subscription s ON s.id = l.subscription_id
WHERE l.invoice_id = ANY(:ids) AND l.net_minor > 0 AND l.last >= (s.ended_at AT TIME ZONE 'UTC')::date
    AND s.ended_at <= :now
ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True)
class PastLine:
    """One line; `net` is after `discount` and before `tax`; `unit_price` in major units.

    `key` is what it is billed under, once; a period of service has its own without being told.
    """

    text: str
    net: Money
    tax: Money
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    discount: int = 0
    tax_rate: Decimal = Decimal(0)
    tax_category: str = "O"
    kind: LineKind = "subscription"
    detail: str | None = None
    first: date | None = None
    last: date | None = None
    subscription_id: UUID | None = None
    license_id: UUID | None = None
    meter: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class PastPayment:
    """Money that came for one of them."""

    amount: Money
    received_on: date
    method: Method = "wire"
    external_id: str | None = None


@dataclass(frozen=True)
class PastInvoice:
    """One that is out already; without a number it takes the next of its seller's year.

    `tax_note` is the reason in law where no tax was charged.

    It is paid where payments make up its total, else open, unless `state` says void or uncollectible. An `external_id`
    that its source has sent before is not recorded again.
    """

    organization_id: UUID
    seller_id: UUID
    issued_on: date
    due_on: date
    lines: tuple[PastLine, ...]
    payments: tuple[PastPayment, ...] = ()
    number: str | None = None
    state: InvoiceState = "open"
    reference: str | None = None
    external_id: str | None = None
    tax_note: str | None = None

    @property
    def currency(self) -> str:
        """The currency of its lines."""
        return self.lines[0].net.currency

    @property
    def total(self) -> int:
        """What it asks for, in minor units."""
        return sum(line.net.minor + line.tax.minor for line in self.lines)

    @property
    def paid(self) -> int:
        """What was paid of it, in minor units."""
        return sum(one.amount.minor for one in self.payments)


def record_past_invoices(
    session: WriteSession, actor: Actor, past: Sequence[PastInvoice], *, source: str, now: datetime
) -> tuple[UUID, ...]:
    """Record invoices with their payments as they were, and return the ids of those that were new.

    Numbers are given in the order of issue. No cash is booked and nobody is mailed. Needs `invoice:finalize` and
    `payment:process`; InvalidInput where lines, currencies or payments don't fit together. One audit entry.
    """
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)
    actor.require(Permission.PAYMENT_PROCESS)
    if not past:
        return ()
    for one in past:
        _check(one, now)
    lock_customers(session, {one.organization_id for one in past})
    new = sorted(_unknown(session, past, source), key=lambda one: (one.issued_on, str(one.organization_id)))
    if not new:
        return ()
    ids = [new_id() for _ in new]
    known = {one.id: one for one in all_sellers(session)}
    session.execute(insert(invoice), [_row(key, one, source) for key, one in zip(ids, new, strict=True)])
    _write_parts(session, list(zip(ids, new, strict=True)), source)
    _finalize(session, ids, new, known)
    session.execute(_CREDITED, {"ids": ids, "now": now})
    days = [one.issued_on.isoformat() for one in new]
    after = {"source": source, "invoices": len(new), "from": days[0], "until": days[-1]}
    audit.record(session, actor, "invoices.recorded", ("invoice", str(ids[0])), now=now, after=after)
    return tuple(ids)


def _check(one: PastInvoice, now: datetime) -> None:
    if not one.lines or one.state == "draft" or one.issued_on > now.date() or one.due_on < one.issued_on:
        raise InvalidInput("A past invoice has a line, is out, and was due when it was issued or later.", field="lines")
    amounts = [each for line in one.lines for each in (line.net, line.tax)] + [each.amount for each in one.payments]
    if any(each.currency != one.currency for each in amounts):
        raise InvalidInput("All of an invoice and its payments is in one currency.", field="currency")
    if one.total < 0 or one.paid > one.total or any(each.amount.minor <= 0 for each in one.payments):
        raise InvalidInput("Payments of a past invoice are above zero and within its total.", field="payments")
    if one.state == "void" and one.payments:
        raise InvalidInput("A void invoice has no payment.", field="payments")


def _unknown(session: WriteSession, past: Sequence[PastInvoice], source: str) -> list[PastInvoice]:
    named = [one.external_id for one in past if one.external_id is not None]
    known = select(invoice.c.external_id).where(invoice.c.source == source, invoice.c.external_id.in_(named))
    there = set(session.execute(known).scalars()) if named else set()
    return [one for one in past if one.external_id is None or one.external_id not in there]


def _row(key: UUID, one: PastInvoice, source: str) -> dict[str, Any]:
    return {
        "id": key,
        "organization_id": one.organization_id,
        "seller_id": one.seller_id,
        "state": "draft",
        "currency": one.currency,
        "net_days": (one.due_on - one.issued_on).days,
        "reference": one.reference,
        "net_minor": sum(line.net.minor for line in one.lines),
        "discount_minor": sum(line.discount for line in one.lines),
        "tax_minor": sum(line.tax.minor for line in one.lines),
        "total_minor": one.total,
        "source": source,
        "external_id": one.external_id,
        "created_at": datetime.combine(one.issued_on, _HOUR),
    }


def _write_parts(session: WriteSession, past: Sequence[tuple[UUID, PastInvoice]], source: str) -> None:
    """Write lines, taxes, claims and payments."""
    made: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for key, one in past:
        own = {"invoice_id": key, "organization_id": one.organization_id}
        made[invoice_line] += [{**own, **_line(place, line)} for place, line in enumerate(one.lines)]
        made[invoice_tax] += [{**own, **row} for row in _taxes(one)]
        if one.state != "void":
            made[billed_item] += [{**own, "key": each} for each in _keys(one)]
        for paid in one.payments:
            payment_id, at = new_id(), datetime.combine(paid.received_on, _HOUR)
            amount = {"organization_id": one.organization_id, "amount_minor": paid.amount.minor}
            row = {**amount, "id": payment_id, "method": paid.method, "currency": one.currency, "source": source}
            row |= {"received_on": paid.received_on, "external_id": paid.external_id or str(payment_id)}
            made[payment].append(row | {"recorded_at": at})
            settled = {**amount, "id": new_id(), "invoice_id": key, "payment_id": payment_id}
            made[payment_allocation].append(settled | {"allocated_at": at})
    for table in (invoice_line, invoice_tax, payment, payment_allocation):
        if made[table]:
            session.execute(insert(table), made[table])
    if made[billed_item]:
        session.execute(upsert(billed_item).on_conflict_do_nothing(), made[billed_item])


def _finalize(
    session: WriteSession, ids: Sequence[UUID], past: Sequence[PastInvoice], known: dict[UUID, Seller]
) -> None:
    numbers = _numbers(session, past, known)
    buyers = profiles_of(session, {one.organization_id for one in past})
    rows = []
    for key, one, number in zip(ids, past, numbers, strict=True):
        settled = one.paid == one.total and one.state in ("open", "paid")
        last = max((paid.received_on for paid in one.payments), default=one.issued_on)
        at = datetime.combine(one.issued_on, _HOUR)
        rows.append(
            {
                "row_id": key,
                "state": "paid" if settled else one.state if one.state != "paid" else "open",
                "number": number,
                "issued_on": one.issued_on,
                "due_on": one.due_on,
                "paid_minor": one.paid,
                "seller_said": seller_said(known[one.seller_id]),
                "buyer_said": {"address": asdict(buyers[one.organization_id].address)},
                "finalized_at": at,
                "sent_at": at,
                "paid_at": datetime.combine(last, _HOUR) if settled else None,
                "ended_at": at if one.state in ("void", "uncollectible") else None,
            }
        )
    columns: dict[str, Any] = {name: given(name) for name in rows[0] if name != "row_id"}
    session.execute(update(invoice).where(invoice.c.id == given("row_id")).values(columns), rows)


def _numbers(session: WriteSession, past: Sequence[PastInvoice], known: dict[UUID, Seller]) -> list[str]:
    wanted: dict[tuple[UUID, int], int] = defaultdict(int)
    for one in past:
        wanted[one.seller_id, one.issued_on.year] += one.number is None
    taken: dict[tuple[UUID, int], Iterator[str]] = {}
    for (seller_id, year), count in sorted(wanted.items()):
        if count:
            prefix = known[seller_id].prefix
            found = take_numbers(session, seller_id, prefix, "invoice", date(year, 1, 1), count)
            taken[seller_id, year] = iter(found)
    return [one.number or next(taken[one.seller_id, one.issued_on.year]) for one in past]


def _line(place: int, line: PastLine) -> dict[str, Any]:
    same = ("kind", "text", "detail", "quantity", "first", "last", "subscription_id", "license_id", "meter")
    unit_price = line.unit_price
    if unit_price is None:
        unit_price = (line.net.major() / line.quantity).quantize(Decimal("1e-12"))
    return {
        "id": new_id(),
        "position": place,
        **{name: getattr(line, name) for name in same},
        "unit": PIECES,
        "unit_price": unit_price,
        "net_minor": line.net.minor,
        "discount_minor": line.discount,
        "tax_minor": line.tax.minor,
        "tax_rate": line.tax_rate,
        "tax_category": line.tax_category,
        "source_key": _key(line),
    }


def _taxes(one: PastInvoice) -> list[dict[str, Any]]:
    sums: dict[tuple[str, Decimal], list[int]] = defaultdict(lambda: [0, 0])
    for line in one.lines:
        own = sums[line.tax_category, line.tax_rate]
        own[0] += line.net.minor
        own[1] += line.tax.minor
    return [
        {"category": category, "rate": rate, "base_minor": base, "tax_minor": tax, "note": one.tax_note}
        for (category, rate), (base, tax) in sums.items()
    ]


def _key(line: PastLine) -> str | None:
    if line.key is not None:
        return line.key
    if line.subscription_id is None or line.first is None or line.net.minor <= 0 or line.kind in ("usage", "overage"):
        return None
    return f"service:{line.subscription_id}:{line.first}"


def _keys(one: PastInvoice) -> list[str]:
    return [key for key in map(_key, one.lines) if key is not None]
