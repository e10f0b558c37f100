"""Reports of billing: invoices, their lines, payments, credit notes, what is owed by age, and prices."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.billing.invoices.ageing import BUCKETS, ageing
from core.billing.invoices.listings import lines_of_many, list_credit_notes
from core.billing.invoices.payment_reads import list_payments
from core.billing.invoices.reads import InvoiceFilter, list_invoices
from core.billing.invoices.states import Invoice, InvoiceLine
from core.billing.invoices.worklist import Wanted, worklist
from core.billing.price_lists import price_versions
from core.organizations.reads import names
from core.reports.report import Narrowed, Report, financial
from core.reports.spans import customer_asked, days_of, seen_at
from core.reports.tabular import Cell, Column
from db.session import ReadSession

PAGE: Final = 500
_DAYS: Final = frozenset({"customer", "since", "until"})
_AGES: Final = ("not_due", "late_30", "late_60", "late_90", "later")
_AMOUNTS: Final = ("net", "discount", "tax", "total", "paid", "credited", "due")
Found = Iterator[Mapping[str, Cell]]


def _invoices(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    first, last = days_of(narrowed, now)
    wanted = Wanted(
        standing=narrowed.status, organization_id=customer_asked(narrowed), text=(narrowed.text or "").strip()
    )
    cursor: str | None = None
    while True:
        page = worklist(session, actor, wanted, day=last, cursor=cursor, limit=PAGE)
        yield from (_invoice(each, last) for each in page.invoices if first <= _day(each) <= last)
        cursor = page.next_cursor
        if cursor is None:
            return


def _day(each: Invoice) -> date:
    return each.issued_on or each.created_at.date()


def _invoice(each: Invoice, day: date) -> Mapping[str, Cell]:
    plain = ("number", "customer", "state", "month", "issued_on", "due_on", "reference", "source", "sent_at", "paid_at")
    return {name: getattr(each, name) for name in plain} | {
        "days_late": each.days_late(day),
        **{name: getattr(each, name).major() for name in _AMOUNTS},
        "currency": each.total.currency,
        "id": str(each.id),
        "organization_id": str(each.organization_id),
    }


def _lines(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    first, last = days_of(narrowed, now)
    wanted = InvoiceFilter(narrowed.status, customer_asked(narrowed), first, last, text=(narrowed.text or "").strip())
    after: tuple[datetime, UUID] | None = None
    while True:
        page = list_invoices(session, actor, wanted, after=after, limit=PAGE)
        lines = lines_of_many(session, page.invoices)
        yield from (_line(each, line) for each in page.invoices for line in lines.get(each.id, ()))
        after = page.next
        if after is None:
            return


def _line(of: Invoice, line: InvoiceLine) -> Mapping[str, Cell]:
    plain = ("kind", "text", "detail", "unit", "first", "last", "meter", "tax_category")
    return {name: getattr(line, name) for name in plain} | {
        "number": of.number,
        "customer": of.customer,
        "state": of.state,
        "issued_on": of.issued_on,
        "quantity": line.quantity.normalize(),
        "unit_price": line.unit_price.normalize(),
        "net": line.net.major(),
        "discount": line.discount.major(),
        "tax_rate": line.tax_rate.normalize() / 100,
        "tax": line.tax.major(),
        "currency": line.net.currency,
        "subscription_id": str(line.subscription_id) if line.subscription_id else None,
        "invoice_id": str(of.id),
    }


def _payments(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    first, last = days_of(narrowed, now)
    whose, named = customer_asked(narrowed), names(session, actor)
    after: tuple[date, UUID] | None = None
    while True:
        page = list_payments(session, actor, organization_id=whose, since=first, until=last, after=after, limit=PAGE)
        for each in page:
            plain = ("received_on", "method", "external_id", "note", "recorded_at")
            yield {name: getattr(each, name) for name in plain} | {
                "customer": named.get(each.organization_id),
                "amount": each.amount.major(),
                "applied": each.applied.major(),
                "credited": each.credited.major(),
                "currency": each.amount.currency,
                "id": str(each.id),
                "invoice_id": str(each.invoice_id) if each.invoice_id else None,
                "refunds": str(each.refunds) if each.refunds else None,
            }
        if len(page) < PAGE:
            return
        after = page[-1].received_on, page[-1].id


def _credit_notes(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    first, last = days_of(narrowed, now)
    whose = customer_asked(narrowed)
    after: tuple[date, UUID] | None = None
    while True:
        page = list_credit_notes(
            session, actor, organization_id=whose, since=first, until=last, after=after, limit=PAGE
        )
        for each in page:
            note = each.note
            yield {
                "number": note.number,
                "issued_on": note.issued_on,
                "customer": each.customer,
                "invoice": each.invoice_number,
                "reason": note.reason,
                "net": note.net.major(),
                "tax": note.tax.major(),
                "total": note.total.major(),
                "currency": note.total.currency,
                "id": str(note.id),
            }
        if len(page) < PAGE:
            return
        after = page[-1].note.issued_on, page[-1].note.id


def _ageing(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    day = seen_at(narrowed, now).date()
    for each in ageing(session, actor, day=day, organization_id=customer_asked(narrowed)):
        yield {
            "customer": each.customer,
            **{name: amount.major() for name, amount in zip(_AGES, each.amounts, strict=True)},
            "total": each.total.major(),
            "currency": each.total.currency,
            "invoices": each.invoices,
            "oldest": each.oldest,
            "organization_id": str(each.organization_id),
        }


def _prices(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    for each in price_versions(session, actor):
        yield {
            "tier": each.price.tier_id,
            "billing_period": each.price.billing_period,
            "amount": each.price.amount.major(),
            "currency": each.price.amount.currency,
            "valid_from": each.price.valid_from,
            "until": each.until,
        }


def _money(**labels: str) -> tuple[Column, ...]:
    return tuple(Column(name, label, "money") for name, label in labels.items())


_CUSTOMER: Final = Column("customer", "Customer", width=28)
_CURRENCY: Final = Column("currency", "Currency", width=9)
_NUMBER: Final = Column("number", "Invoice", width=18)
_ISSUED: Final = Column("issued_on", "Issued", "day")
_ID: Final = Column("id", "Id", width=38, paper=False)
_OF_CUSTOMER: Final = Column("organization_id", "Customer id", width=38, paper=False)

_INVOICES: Final = (
    _NUMBER,
    _CUSTOMER,
    Column("state", "State", width=13),
    Column("month", "Month billed", "month"),
    _ISSUED,
    Column("due_on", "Due on", "day"),
    Column("days_late", "Days late", "whole"),
    *_money(net="Net", discount="Discount", tax="Tax", total="Total", paid="Paid", credited="Credited", due="Due"),
    _CURRENCY,
    Column("reference", "Reference"),
    Column("source", "From", width=11),
    Column("sent_at", "Sent", "instant", paper=False),
    Column("paid_at", "Paid on", "instant"),
    _ID,
    _OF_CUSTOMER,
)
_LINES: Final = (
    _NUMBER,
    _CUSTOMER,
    Column("state", "State", width=13),
    _ISSUED,
    Column("kind", "Kind", width=13),
    Column("text", "Line", width=44),
    Column("detail", "Detail", width=40),
    Column("first", "First day", "day"),
    Column("last", "Last day", "day"),
    Column("quantity", "Quantity", "price"),
    Column("unit", "Unit", width=10),
    Column("unit_price", "Unit price", "price"),
    *_money(net="Net", discount="Discount"),
    Column("tax_rate", "Tax rate", "share"),
    Column("tax_category", "Tax category", width=9, paper=False),
    *_money(tax="Tax"),
    _CURRENCY,
    Column("meter", "Meter"),
    Column("subscription_id", "Subscription id", width=38, paper=False),
    Column("invoice_id", "Invoice id", width=38, paper=False),
)
_PAYMENTS: Final = (
    Column("received_on", "Received", "day"),
    _CUSTOMER,
    Column("method", "Method", width=10),
    *_money(amount="Amount", applied="Settled", credited="Kept as credit"),
    _CURRENCY,
    Column("external_id", "Reference", width=30, paper=False),
    Column("note", "Note", width=34),
    Column("recorded_at", "Recorded", "instant", paper=False),
    Column("invoice_id", "Invoice id", width=38, paper=False),
    Column("refunds", "Refund of", width=38, paper=False),
    _ID,
)
_NOTES: Final = (
    Column("number", "Credit note", width=18),
    _ISSUED,
    _CUSTOMER,
    Column("invoice", "Of invoice", width=18),
    Column("reason", "Reason", width=44),
    *_money(net="Net", tax="Tax", total="Total"),
    _CURRENCY,
    _ID,
)
_AGED: Final = (
    _CUSTOMER,
    *_money(**dict(zip(_AGES, ("Not due", *(f"{one} days" for one in BUCKETS[1:])), strict=True))),
    *_money(total="Owed"),
    _CURRENCY,
    Column("invoices", "Invoices", "whole"),
    Column("oldest", "Oldest due on", "day"),
    _OF_CUSTOMER,
)
_PRICES: Final = (
    Column("tier", "Tier", width=14),
    Column("billing_period", "Billed", width=11),
    *_money(amount="Price"),
    _CURRENCY,
    Column("valid_from", "From", "instant"),
    Column("until", "Until", "instant"),
)

INVOICING: Final[tuple[Report, ...]] = (
    financial("invoices", "Invoices", _INVOICES, _DAYS | {"status", "text"}, _invoices),
    financial("invoice-lines", "Invoice lines", _LINES, _DAYS | {"status", "text"}, _lines),
    financial("payments", "Payments", _PAYMENTS, _DAYS, _payments),
    financial("credit-notes", "Credit notes", _NOTES, _DAYS, _credit_notes),
    financial("ageing", "Ageing", _AGED, frozenset({"customer", "until"}), _ageing),
    financial("prices", "Prices", _PRICES, frozenset(), _prices),
)
