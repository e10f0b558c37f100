"""Invoices of every kind that papers and e-invoices are tried on; all sums add up as an invoice's do."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from core.billing.invoice_document import (
    BankDetails,
    DocumentLine,
    DocumentTax,
    InvoiceDocument,
    Look,
    Party,
    TaxCategory,
)
from core.money import Money, round_half_up, total

LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 180 40"><rect width="40" height="40" rx="9" fill="#0f766e"/>'
    b'<path d="M11 28V12h5l9 11V12h4v16h-5l-9-11v11z" fill="#fff"/><g fill="#16181d">'
    b'<rect x="54" y="14" width="60" height="12" rx="3"/><rect x="120" y="14" width="34" height="12" rx="3"/></g></svg>'
)

BERLIN = Party(
    name="Nordlicht Software GmbH",
    lines=("Torstraße 140",),
    postcode="10119",
    city="Berlin",
    country="DE",
    vat_id="DE811907980",
    registration="HRB 201417 B",
    email="billing@nordlicht.example",
)
AUSTIN = Party(
    name="Calos Software, Inc.",
    lines=("500 Congress Avenue", "Suite 1400"),
    postcode="78701",
    city="Austin, TX",
    country="US",
    vat_id="84-2093317",
    email="billing@calos.example",
)
TYRELL = Party(
    name="Tyrell Corporation S.à r.l.",
    lines=("12, rue Eugène Ruppert",),
    postcode="L-2453",
    city="Luxembourg",
    country="LU",
    vat_id="LU26375245",
    email="accounts.payable@tyrell.example",
)
WAYNE = Party(
    name="Wayne Foundation",
    lines=("1007 Mountain Drive",),
    postcode="07001",
    city="Gotham, NJ",
    country="US",
    email="ap@wayne.example",
)
MUNICH = replace(
    TYRELL, name="Żółć & Ω Бюро GmbH", city="München", country="DE", postcode="80331", vat_id="DE129273398"
)
EURO_BANK = BankDetails(
    holder="Nordlicht Software GmbH", bank="Commerzbank Berlin", iban="DE89370400440532013000", bic="COBADEFFXXX"
)
DOLLAR_BANK = BankDetails(
    holder="Calos Software, Inc.", bank="First Republic of Texas", account="000123456789", routing="111000025"
)
REVERSE = "Reverse charge: VAT is to be accounted for by the recipient (Article 196 of Directive 2006/112/EC)."


def line(
    text: str,
    minor: int,
    *,
    quantity: str = "1",
    currency: str = "EUR",
    rate: str = "0",
    category: TaxCategory = "AE",
    discount: int = 0,
    **more: object,
) -> DocumentLine:
    """A line of `minor` units net after `discount`, whose price is what one of its quantity costs."""
    price = Money(minor + discount, currency).major() / Decimal(quantity)
    return DocumentLine(
        text=text,
        quantity=Decimal(quantity),
        unit="C62",
        unit_price=price,
        net=Money(minor, currency),
        tax_rate=Decimal(rate),
        tax_category=category,
        discount=Money(discount, currency) if discount else None,
        **more,  # type: ignore[arg-type]
    )


def document(lines: list[DocumentLine], *, notes: dict[str, str] | None = None, **given: object) -> InvoiceDocument:
    """A document over `lines`, taxed by rate; `given` is whatever else it says."""
    currency = lines[0].net.currency
    rates = dict.fromkeys((each.tax_category, each.tax_rate) for each in lines)
    taxes = []
    for category, rate in rates:
        base = total((x.net for x in lines if (x.tax_category, x.tax_rate) == (category, rate)), currency)
        tax = Money(round_half_up(base.minor * rate / 100), currency)
        taxes.append(DocumentTax(category, rate, base, tax, (notes or {}).get(category)))
    net = total((x.net for x in lines), currency)
    tax = total((x.tax for x in taxes), currency)
    zero = Money(0, currency)
    paid, credited = given.pop("paid", zero), given.pop("credited", zero)
    assert isinstance(paid, Money)
    assert isinstance(credited, Money)
    base_document = InvoiceDocument(
        kind="invoice",
        number="NL-2026-0042",
        issued_on=date(2026, 11, 21),
        due_on=date(2026, 12, 21),
        first=date(2026, 11, 1),
        last=date(2026, 11, 30),
        seller=BERLIN,
        buyer=TYRELL,
        lines=tuple(lines),
        taxes=tuple(taxes),
        net=net,
        tax=tax,
        total=net + tax,
        paid=paid,
        credited=credited,
        due=net + tax - paid - credited,
        bank=EURO_BANK,
        look=Look(logo=LOGO, color="#0f766e", footer="Nordlicht Software GmbH · Geschäftsführerin: Fiona Brandt"),
    )
    return replace(base_document, **given)  # type: ignore[arg-type]


def reverse_charge() -> InvoiceDocument:
    """Tyrell's year in advance: EUR, one line, the tax owed by the buyer."""
    year = line(
        "Enterprise, annual",
        4_800_000,
        quantity="12",
        detail="Unlimited installations, priority support",
        first=date(2026, 11, 1),
        last=date(2027, 10, 31),
        discount=480_000,
    )
    return document(
        [replace(year, unit="MON")],
        notes={"AE": REVERSE},
        last=date(2027, 10, 31),
        reference="PO-88213",
        note="Thank you for your trust. Questions? billing@nordlicht.example",
    )


def overage() -> InvoiceDocument:
    """What Wayne used beyond its limits: USD, no tax, part of it paid."""
    lines = [
        line("Pro, monthly", 49_900, currency="USD", category="O", first=date(2026, 10, 1), last=date(2026, 10, 31)),
        replace(
            line(
                "API calls beyond 1,000,000 a month",
                18_644,
                quantity="466112",
                currency="USD",
                category="O",
                detail="1,466,112 calls counted",
            ),
            unit_price=Decimal("0.0004"),
        ),
        replace(
            line("Storage beyond 500 GB", 2_760, quantity="120", currency="USD", category="O", detail="Peak of 620 GB"),
            unit="E34",
        ),
        line("Unused time of Basic, 12 of 31 days", -1_123, currency="USD", category="O"),
    ]
    return document(
        lines,
        number="INV-2026-0117",
        seller=AUSTIN,
        buyer=WAYNE,
        bank=DOLLAR_BANK,
        look=Look(),
        paper="letter",
        reference="4500012377",
        first=date(2026, 10, 1),
        last=date(2026, 10, 31),
        paid=Money(20_000, "USD"),
    )


def domestic(count: int = 12) -> InvoiceDocument:
    """Lines of two rates within Germany, some of them discounted."""
    lines = [
        line(
            f"Seats of team {at + 1}" if at % 3 else f"Integration package {at + 1}, with set-up and a year of updates",
            round_half_up(Decimal(1999 * (at + 1)) * 2),
            quantity=str(at + 1),
            rate="19" if at % 4 else "7",
            category="S",
            discount=500 if at % 5 == 1 else 0,
            first=date(2026, 11, 1),
            last=date(2026, 11, 30),
            detail="Billed per seat and month" if at % 3 else None,
        )
        for at in range(count)
    ]
    return document(lines, buyer=MUNICH, due_on=date(2026, 11, 21) + timedelta(days=14))


def credit_note() -> InvoiceDocument:
    """Part of the year given back."""
    return replace(
        document([line("Enterprise, annual: two months not used", 800_000)], notes={"AE": REVERSE}),
        kind="credit_note",
        number="NL-CN-2026-0003",
        corrects="NL-2026-0042",
        due_on=None,
    )


def draft() -> InvoiceDocument:
    """What is not issued yet."""
    return replace(domestic(), kind="draft", number=None, issued_on=None, due_on=None)


def settled() -> InvoiceDocument:
    """Paid to the last cent."""
    given = domestic(3)
    return replace(given, paid=given.total, due=Money(0, "EUR"))
