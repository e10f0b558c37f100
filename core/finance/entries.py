"""What can be booked: a cost of serving customers, a movement of cash; checked before it is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, get_args
from uuid import UUID

from core.errors import InvalidInput
from core.finance.exchange import Rates
from core.money import Money, exponent

CostKind = Literal["compute", "storage", "bandwidth", "support"]
CashCategory = Literal[
    "opening", "receipts", "payroll", "hosting", "sales", "marketing", "office", "tax", "financing", "other"
]
COST_KINDS: Final[tuple[CostKind, ...]] = get_args(CostKind)
CASH_CATEGORIES: Final[tuple[CashCategory, ...]] = get_args(CashCategory)
# What cash does before or beside the business: brought forward, or raised from investors and lenders.
NOT_OPERATING: Final[tuple[CashCategory, ...]] = ("opening", "financing")
# What is spent on winning customers: the numerator of CAC.
ACQUISITION: Final[tuple[CashCategory, ...]] = ("sales", "marketing")
EARLIEST: Final = date(2000, 1, 1)
LONGEST_NOTE: Final = 500
LONGEST_ID: Final = 200
# A thousand trillion minor units: sums of very many such amounts still fit BIGINT.
LARGEST: Final = 10**15


@dataclass(frozen=True)
class NewCost:
    """A cost of a UTC day; a credit is negative. `external_id` names it within its source, for sending it again."""

    booked_on: date
    kind: CostKind
    amount: Money
    organization_id: UUID | None = None
    product_id: str | None = None
    note: str = ""
    external_id: str | None = None


@dataclass(frozen=True)
class NewCash:
    """Money that came in (positive) or went out (negative) on a UTC day."""

    booked_on: date
    category: CashCategory
    amount: Money
    note: str = ""
    external_id: str | None = None


def check(entries: Iterable[NewCost] | Iterable[NewCash], *, today: date, rates: Rates) -> None:
    """Raise InvalidInput, naming the field, for the first entry that cannot be booked."""
    for entry in entries:
        if isinstance(entry, NewCost):
            _known(entry.kind, COST_KINDS, "kind", "kind of cost")
        else:
            _known(entry.category, CASH_CATEGORIES, "category", "category of cash")
        if not EARLIEST <= entry.booked_on <= today:
            raise InvalidInput(
                f"Book what has happened: a day from {EARLIEST} to {today}, not {entry.booked_on}.", field="bookedOn"
            )
        if not 0 < abs(entry.amount.minor) <= LARGEST:
            raise InvalidInput("Give an amount other than zero, and of at most 15 digits.", field="amount")
        if len(entry.note) > LONGEST_NOTE:
            raise InvalidInput(f"Keep the note within {LONGEST_NOTE} characters.", field="note")
        if entry.external_id is not None and not 0 < len(entry.external_id) <= LONGEST_ID:
            raise InvalidInput(f"An external id has 1 to {LONGEST_ID} characters.", field="externalId")
        # A rate must exist now, while a person is there to name one, not when the month is reported.
        rates.on(entry.amount.currency, entry.booked_on)


def amount_given(text: str, currency: str) -> Money:
    """Return the amount that a person typed, in major units (1,250 or 1250.50), exactly; InvalidInput otherwise."""
    try:
        minor = Decimal(text.replace(",", "").strip()).scaleb(exponent(currency))
    except ArithmeticError:
        minor = Decimal("NaN")
    if not minor.is_finite() or abs(minor) > LARGEST or minor != minor.to_integral_value():
        raise InvalidInput("Give the amount as a number such as 1250 or 1,250.50.", field="amount")
    return Money(int(minor), currency)


def _known(word: str, words: tuple[str, ...], field: str, what: str) -> None:
    if word not in words:
        raise InvalidInput(f"“{word[:40]}” is no {what}. Give one of: {', '.join(words)}.", field=field)
