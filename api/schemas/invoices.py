"""Shapes of invoices on the wire; money in whole minor units, quantities and rates as decimal strings."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer

from api.depends import Answer, Strict
from api.schemas.enterprise import Amount
from core.billing.invoices.ageing import BUCKETS, Aged, aged_sums
from core.billing.invoices.credit_notes import CreditNote
from core.billing.invoices.drafting import month_asked
from core.billing.invoices.one_offs import LONGEST_TEXT, MOST_LINES, OneOff
from core.billing.invoices.payment_reads import Payment
from core.billing.invoices.states import Invoice, InvoiceLine, InvoiceTax
from core.money import Money

StateName = Literal["draft", "open", "paid", "void", "uncollectible"]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]
Number = Annotated[
    str, Field(max_length=32, pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="A decimal number as text, such as 12.5.")
]
Exact = Annotated[Decimal, PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str)]


class InvoiceRow(Answer):
    """An invoice; `due` is what is left to pay, `daysLate` counts from the day it was due."""

    id: UUID
    organization_id: UUID
    customer: str
    seller_id: UUID
    state: StateName
    number: str | None
    month: str | None
    issued_on: date | None
    due_on: date | None
    net: Amount
    discount: Amount
    tax: Amount
    total: Amount
    paid: Amount
    credited: Amount
    due: Amount
    days_late: int
    reference: str | None
    created_at: datetime
    sent_at: datetime | None
    paid_at: datetime | None

    @classmethod
    def of(cls, one: Invoice, day: date) -> "InvoiceRow":
        """Return the row of an invoice as it stands on a day."""
        same = {name: getattr(one, name) for name in cls.model_fields if name not in {"month", "days_late"}}
        month = f"{one.month:%Y-%m}" if one.month else None
        return cls.model_validate({**same, "month": month, "days_late": one.days_late(day)})


class InvoiceList(Answer):
    """A page of invoices."""

    invoices: list[InvoiceRow]
    next_cursor: str | None


class DraftedInvoices(Answer):
    """The drafts of a month, one a currency; `waiting` are credits that the month's charges have no room for."""

    invoices: list[InvoiceRow]
    waiting: list[Amount]


class LineRow(Answer):
    """A line and what it comes from."""

    id: UUID
    kind: Literal["subscription", "proration", "usage", "overage", "one_off"]
    text: str
    detail: str | None
    quantity: Exact
    unit_price: Exact
    net: Amount
    discount: Amount
    tax: Amount
    tax_rate: Exact
    tax_category: str
    first: date | None
    last: date | None
    subscription_id: UUID | None
    license_id: UUID | None
    meter: str | None


class TaxRow(Answer):
    """Tax of one rate; `note` is the reason in law where none is charged."""

    category: str
    rate: Exact
    base: Amount
    tax: Amount
    note: str | None


class PaymentRow(Answer):
    """A payment; a refund is negative. `credited` is the part that no invoice took."""

    id: UUID
    organization_id: UUID
    invoice_id: UUID | None
    method: Literal["wire", "manual", "stripe"]
    amount: Amount
    applied: Amount
    credited: Amount
    received_on: date
    external_id: str
    note: str
    refunds: UUID | None
    recorded_at: datetime

    @classmethod
    def of(cls, one: Payment) -> "PaymentRow":
        """Return the row of a payment."""
        return cls.model_validate(one)


class PaymentList(Answer):
    """A page of payments, the newest first."""

    payments: list[PaymentRow]
    next_cursor: str | None


class CreditNoteRow(Answer):
    """A credit note; amounts are positive."""

    id: UUID
    invoice_id: UUID
    number: str
    reason: str
    issued_on: date
    net: Amount
    tax: Amount
    total: Amount


class InvoiceDetail(InvoiceRow):
    """An invoice with all that belongs to it."""

    note: str | None
    lines: list[LineRow]
    taxes: list[TaxRow]
    payments: list[PaymentRow]
    credit_notes: list[CreditNoteRow]

    @classmethod
    def whole(
        cls,
        one: Invoice,
        day: date,
        lines: Sequence[InvoiceLine],
        taxes: Sequence[InvoiceTax],
        payments: Sequence[Payment],
        notes: Sequence[CreditNote],
    ) -> "InvoiceDetail":
        """Return an invoice with its parts."""
        parts = {"lines": lines, "taxes": taxes, "payments": payments, "credit_notes": notes}
        return cls.model_validate({**vars(InvoiceRow.of(one, day)), "note": one.note, **parts})


class DraftMonth(Strict):
    """Whom to bill for which month: what begins in it in advance, and what was used in the month before."""

    customer_id: Annotated[UUID, Field(strict=False)]
    month: Annotated[str, Field(min_length=7, max_length=7, description="As 2026-11.")]

    def first(self) -> date:
        """Return its first day."""
        return month_asked(self.month)


class OneOffLine(Strict):
    """A line in words; `unitPrice` in major units."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    unit_price: Number
    quantity: Number = "1"
    detail: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None

    def line(self) -> OneOff:
        """Return it as the core takes it."""
        return OneOff(self.text, Decimal(self.quantity), Decimal(self.unit_price), self.detail)


class OneOffInvoice(Strict):
    """An invoice written by hand; with `finalize` it is issued at once."""

    customer_id: Annotated[UUID, Field(strict=False)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    lines: Annotated[list[OneOffLine], Field(min_length=1, max_length=MOST_LINES)]
    note: Annotated[str, Field(max_length=1000)] = ""
    finalize: bool = False


class FinalizeInvoice(Strict):
    """Whether the customer is sent the PDF, too."""

    send: bool = False


class WithReason(Strict):
    """Why; kept in the audit trail."""

    reason: Reason


class CreditedLine(Strict):
    """A line and how much of it before tax, in minor units; without an amount all that is left."""

    line_id: Annotated[UUID, Field(strict=False)]
    minor: Annotated[int, Field(gt=0, le=10**15)] | None = None


class IssueCreditNote(WithReason):
    """What to credit; without lines all that is left of the invoice."""

    lines: Annotated[list[CreditedLine], Field(max_length=1000)] | None = None

    def parts(self, currency: str) -> dict[UUID, Money | None] | None:
        """Return it as the core takes it."""
        if self.lines is None:
            return None
        return {one.line_id: None if one.minor is None else Money(one.minor, currency) for one in self.lines}


class PdfLink(Answer):
    """An address that shows the PDF to whoever has it, until it runs out."""

    url: str
    expires_at: datetime


class AgedRow(Answer):
    """What one customer owes in one currency, by days after it was due."""

    organization_id: UUID
    customer: str
    currency: str
    buckets: dict[str, Amount]
    total: Amount
    invoices: int
    oldest: date


class AgeingAnswer(Answer):
    """Who owes, the most first, and the sums by currency."""

    day: date
    customers: list[AgedRow]
    totals: dict[str, dict[str, Amount]]

    @classmethod
    def of(cls, rows: Sequence[Aged], day: date) -> "AgeingAnswer":
        """Return the report."""
        customers = [
            AgedRow(
                organization_id=one.organization_id,
                customer=one.customer,
                currency=one.total.currency,
                buckets=_buckets(one.amounts),
                total=Amount.model_validate(one.total),
                invoices=one.invoices,
                oldest=one.oldest,
            )
            for one in rows
        ]
        totals = {currency: _buckets(amounts) for currency, amounts in aged_sums(rows).items()}
        return cls(day=day, customers=customers, totals=totals)


def _buckets(amounts: Sequence[Money]) -> dict[str, Amount]:
    return {name: Amount.model_validate(amount) for name, amount in zip(BUCKETS, amounts, strict=True)}
