"""An invoice as it stands: its states, its lines, its taxes, and what is left to pay."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, get_args
from uuid import UUID

from core.billing.invoice_document import TaxCategory
from core.errors import Conflict
from core.money import Money

# Drafted → open (finalized) → paid, or void, or given up; an uncollectible one that is paid after all is paid.
InvoiceState = Literal["draft", "open", "paid", "void", "uncollectible"]
STATES: Final[tuple[InvoiceState, ...]] = get_args(InvoiceState)
LineKind = Literal["subscription", "proration", "usage", "overage", "one_off"]
OWED: Final[tuple[InvoiceState, ...]] = ("open", "uncollectible")


@dataclass(frozen=True)
class Invoice:
    """One invoice; `month` is the first day of the month it bills, None for one by hand or from elsewhere."""

    id: UUID
    organization_id: UUID
    customer: str
    seller_id: UUID
    state: InvoiceState
    number: str | None
    month: date | None
    issued_on: date | None
    due_on: date | None
    net: Money
    discount: Money
    tax: Money
    total: Money
    paid: Money
    credited: Money
    reference: str | None
    note: str | None
    source: str
    external_id: str | None
    dunning_paused: bool
    created_at: datetime
    finalized_at: datetime | None
    sent_at: datetime | None
    paid_at: datetime | None

    @property
    def due(self) -> Money:
        """What is left to pay; of a void invoice nothing."""
        return Money(0, self.total.currency) if self.state == "void" else self.total - self.paid - self.credited

    def days_late(self, day: date) -> int:
        """Return how many days ago an unpaid invoice was due, 0 where it is not late."""
        if self.state != "open" or self.due_on is None or not self.due:
            return 0
        return max((day - self.due_on).days, 0)


@dataclass(frozen=True)
class InvoiceLine:
    """One line and what it comes from; `unit_price` is in major units, `net` after discount and before tax."""

    id: UUID
    kind: LineKind
    text: str
    detail: str | None
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Money
    discount: Money
    tax: Money
    tax_rate: Decimal
    tax_category: TaxCategory
    first: date | None
    last: date | None
    subscription_id: UUID | None
    license_id: UUID | None
    meter: str | None


@dataclass(frozen=True)
class InvoiceTax:
    """Tax of one rate; `note` is the reason in law where none is charged."""

    category: TaxCategory
    rate: Decimal
    base: Money
    tax: Money
    note: str | None


def require_state(state: str, wanted: tuple[InvoiceState, ...], act: str) -> None:
    """Raise Conflict, in a sentence, unless the invoice is in one of the states that allow the act."""
    if state not in wanted:
        allowed = " or ".join(wanted)
        raise Conflict(f"This invoice is {state}; only one that is {allowed} can be {act}.", code=f"invoice_{state}")
