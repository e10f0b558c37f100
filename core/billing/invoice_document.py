"""An invoice or credit note as it is put on paper: everything its reader sees, and nothing that must be looked up."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from core.money import Money

DocumentKind = Literal["draft", "invoice", "credit_note"]
Paper = Literal["a4", "letter"]
# UNCL 5305, as EN 16931 uses it: standard, zero, exempt, reverse charge, export outside the EU, not subject to tax.
TaxCategory = Literal["S", "Z", "E", "AE", "G", "O"]


@dataclass(frozen=True)
class Party:
    """Who sells or buys, as it must be named in law; `lines` are the street lines of its address."""

    name: str
    lines: tuple[str, ...]
    postcode: str
    city: str
    country: str
    vat_id: str | None = None
    registration: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class BankDetails:
    """Where to pay to: IBAN and BIC, or an account number and what routes to it."""

    holder: str
    bank: str
    iban: str | None = None
    bic: str | None = None
    account: str | None = None
    routing: str | None = None


@dataclass(frozen=True)
class Look:
    """What the paper wears of the seller's brand: its logo as PNG or SVG, its color as #rrggbb, a line at the foot."""

    logo: bytes | None = None
    color: str = "#3538cd"
    footer: str = ""


@dataclass(frozen=True)
class DocumentLine:
    """One line; `unit_price` is in major units, exact, `net` after discount and before tax.

    `unit` is a UN/ECE Recommendation 20 code: C62 for pieces, MON for months, E34 for gigabytes. `first` and `last` are
    the days it is for, both included.
    """

    text: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    net: Money
    tax_rate: Decimal
    tax_category: TaxCategory
    detail: str | None = None
    first: date | None = None
    last: date | None = None
    discount: Money | None = None


@dataclass(frozen=True)
class DocumentTax:
    """Tax of one rate (percent) on everything it applies to; `note` is the reason in law where none is charged."""

    category: TaxCategory
    rate: Decimal
    base: Money
    tax: Money
    note: str | None = None


@dataclass(frozen=True)
class InvoiceDocument:
    """One document; `number`, `issued_on` and `due_on` are None on a draft. Credit notes state positive amounts.

    net + tax = total; total - paid - credited = due. A `void` invoice keeps its number and demands nothing.
    """

    kind: DocumentKind
    number: str | None
    issued_on: date | None
    due_on: date | None
    first: date | None
    last: date | None
    seller: Party
    buyer: Party
    lines: tuple[DocumentLine, ...]
    taxes: tuple[DocumentTax, ...]
    net: Money
    tax: Money
    total: Money
    paid: Money
    credited: Money
    due: Money
    bank: BankDetails | None = None
    look: Look = Look()
    paper: Paper = "a4"
    reference: str | None = None
    note: str | None = None
    corrects: str | None = None
    void: bool = False
