"""What stands on an invoice's page, word for word: every amount and date is text before it meets the template."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_interval
from babel.numbers import format_currency, format_decimal

from core.billing.documents.giro_code import giro_code
from core.billing.documents.plain_text import one_line, plain
from core.billing.invoice_document import BankDetails, DocumentLine, DocumentTax, InvoiceDocument, Look, Party
from core.money import Money, exponent
from core.organizations.brands import ink

_LOCALE: Final = Locale("en", "US")
_MINUS: Final = "−"
_NO_BREAK: Final = "\u00a0"
# Where an envelope names the town before its code.
_TOWN_FIRST: Final = frozenset({"US", "CA", "GB", "AU", "IE", "IN", "NZ"})
# A line with more letters than this may break over two pages; shorter ones stay whole.
_LONG: Final = 900
# What a unit price of one major unit and more shows; the e-invoice has all its digits.
_SHOWN_DECIMALS: Final = 4
# The countries whose tax on sales is a value added tax, by that name.
# fmt: off
VAT_COUNTRIES: Final = frozenset((
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
))
# fmt: on
# One and many of the UN/ECE Recommendation 20 units that software is sold by; pieces need no word.
_UNITS: Final = {
    "C62": ("", ""),
    "H87": ("", ""),
    "SEC": ("second", "seconds"),
    "MIN": ("minute", "minutes"),
    "HUR": ("hour", "hours"),
    "DAY": ("day", "days"),
    "WEE": ("week", "weeks"),
    "MON": ("month", "months"),
    "QAN": ("quarter", "quarters"),
    "ANN": ("year", "years"),
    "AD": ("byte", "bytes"),
    "2P": ("kB", "kB"),
    "4L": ("MB", "MB"),
    "E34": ("GB", "GB"),
    "E35": ("TB", "TB"),
}
_INK: Final = "#16181d"
_COLOR: Final = re.compile("#[0-9a-fA-F]{6}")
_TITLES: Final = {"draft": "Draft invoice", "invoice": "Invoice", "credit_note": "Credit note"}


def page_of(document: InvoiceDocument) -> dict[str, Any]:
    """Return everything the template shows, as texts, lists and bytes' numbers: what JSON can say."""
    note = document.kind == "credit_note"
    return {
        "stamp": "DRAFT" if document.kind == "draft" else "VOID" if document.void else "",
        "paper": document.paper,
        "title": _TITLES[document.kind],
        "number": one_line(document.number or ""),
        "name": document_name(document),
        "color": _title_color(document.look.color),
        "logo": None if document.look.logo is None else list(document.look.logo),
        "footer": one_line(document.look.footer),
        "seller": _party(document.seller, document.seller.country),
        "buyer": _party(document.buyer, document.seller.country) | {"label": "Credited to" if note else "Billed to"},
        "facts": _facts(document),
        "headline": _headline(document),
        "taxed": any(line.tax_rate for line in document.lines),
        "tax_word": _tax_word(document),
        "currency": document.net.currency,
        "lines": [_line(line) for line in document.lines],
        "totals": _totals(document),
        "legal": _legal(document),
        "note": plain(document.note or ""),
        "bank": _bank(document),
    }


def _title_color(color: str) -> str:
    """The brand's color where it can be read on paper; a pale one is left to the logo, and none is the house's."""
    if not _COLOR.fullmatch(color):
        return Look().color
    return color if ink(color) == "#ffffff" else _INK


def document_name(document: InvoiceDocument) -> str:
    """Return what the file calls itself: "Invoice INV-2026-0042", "Draft invoice"."""
    return f"{_TITLES[document.kind]} {one_line(document.number or '')}".strip()


def _day(when: date) -> str:
    return format_date(when, "medium", locale=_LOCALE)


def _span(first: date | None, last: date | None) -> str:
    """A span of days as people write it, each day kept on one line: "Nov 1 – 30, 2026"."""
    if first is None or last is None or first == last:
        return " ".join(_day(when) for when in (first or last,) if when is not None)
    start, dash, end = format_interval(first, last, "yMMMd", locale=_LOCALE).partition("–")
    return f"{start.strip().replace(' ', _NO_BREAK)} {dash} {end.strip().replace(' ', _NO_BREAK)}".strip()


def _money(amount: Money) -> str:
    return format_currency(amount.major(), amount.currency, locale=_LOCALE).replace("-", _MINUS)


def _figure(amount: Money) -> str:
    """An amount without its currency, which the table's head names once."""
    pattern = "#,##0" + ("." + "0" * exponent(amount.currency) if exponent(amount.currency) else "")
    return format_decimal(amount.major(), format=pattern, locale=_LOCALE).replace("-", _MINUS)


def _unit_price(price: Decimal, currency: str) -> str:
    """A price to four decimals, below one major unit to twelve; at least the currency's own."""
    places = "0" * exponent(currency)
    most = _SHOWN_DECIMALS if abs(price) >= 1 else 12
    return format_decimal(price, format=f"#,##0.{places.ljust(most, '#')}", locale=_LOCALE).replace("-", _MINUS)


def _number(value: Decimal) -> str:
    return format_decimal(value, format="#,##0.############", locale=_LOCALE).replace("-", _MINUS)


def _party(party: Party, seller_country: str) -> dict[str, Any]:
    country = _LOCALE.territories.get(party.country, party.country)
    town_parts = (party.city, party.postcode) if party.country in _TOWN_FIRST else (party.postcode, party.city)
    town = " ".join(one_line(part) for part in town_parts if part)
    lines = [one_line(line) for line in (*party.lines, town)]
    if party.country != seller_country or party.country != "US":
        lines.append(country)
    tax_id = "VAT ID" if party.country in VAT_COUNTRIES else "Tax ID"
    ids = [f"{tax_id} {one_line(party.vat_id)}"] if party.vat_id else []
    ids += [f"Reg. no. {one_line(party.registration)}"] if party.registration else []
    email = one_line(party.email or "")
    return {"name": one_line(party.name), "lines": [line for line in lines if line], "ids": ids, "email": email}


def _facts(document: InvoiceDocument) -> list[list[str]]:
    period = _span(document.first, document.last)
    given = [
        ("Number", one_line(document.number or "") or "given on issue"),
        ("Corrects invoice", one_line(document.corrects or "")),
        ("Issued", _day(document.issued_on) if document.issued_on else ""),
        ("Due", _day(document.due_on) if document.due_on and document.kind == "invoice" and not document.void else ""),
        ("Service period", period),
        ("Purchase order", one_line(document.reference or "")),
    ]
    return [[label, value] for label, value in given if value]


def _headline(document: InvoiceDocument) -> list[str]:
    """The one sentence that its reader looks for: the amount, and what is to be done about it."""
    if document.kind == "credit_note":
        of = f" for invoice {one_line(document.corrects)}" if document.corrects else ""
        return [_money(document.total), f"credited{of}"]
    if document.kind == "draft":
        return [_money(document.due), "to be invoiced; this is a draft, not a demand for payment"]
    if document.void:
        return [_money(document.total), "void; nothing is to be paid"]
    if document.due.minor <= 0:
        return [_money(document.total), _settled(document)]
    return [_money(document.due), f"due {_day(document.due_on)}" if document.due_on else "due"]


def _settled(document: InvoiceDocument) -> str:
    if document.paid.minor <= 0:
        return "nothing to pay" if not document.credited else "credited in full"
    return "paid in full, with thanks"


def _line(line: DocumentLine) -> dict[str, Any]:
    one, many = _UNITS.get(line.unit, (line.unit, line.unit))
    unit = one if abs(line.quantity) == 1 else many
    small = [_span(line.first, line.last), *plain(line.detail or "").split("\n")]
    if line.discount:
        small.append(f"Discount {_MINUS}{_money(line.discount)}")
    return {
        "text": one_line(line.text),
        "small": [text for text in small if text],
        "long": len(line.text) + len(line.detail or "") > _LONG,
        "quantity": f"{_number(line.quantity)} {unit}".strip(),
        "price": _unit_price(line.unit_price, line.net.currency),
        "tax": "—" if line.tax_category == "O" else f"{_number(line.tax_rate)}%",
        "net": _figure(line.net),
    }


def _tax_word(document: InvoiceDocument) -> str:
    return "VAT" if document.seller.country in VAT_COUNTRIES else "Tax"


def _tax_label(document: InvoiceDocument, tax: DocumentTax) -> str:
    word = _tax_word(document)
    if tax.category == "AE":
        return f"{word} reverse charge on {_money(tax.base)}"
    if tax.category == "O":
        return f"Not subject to VAT: {_money(tax.base)}" if word == "VAT" else word
    return f"{word} {_number(tax.rate)}% on {_money(tax.base)}"


def _totals(document: InvoiceDocument) -> list[list[str]]:
    """Rows of label, amount and kind: plain, total, or due for the last and largest."""
    rows = [["Subtotal", _money(document.net), "plain"]]
    rows += [[_tax_label(document, tax), _money(tax.tax), "plain"] for tax in document.taxes]
    if document.kind == "credit_note":
        return [*rows, ["Total credited", _money(document.total), "due"], *_taken(document, "Refunded", "Set off")]
    rows.append(["Total", _money(document.total), "total"])
    rows += _taken(document, "Paid", "Credited")
    due = Money(0, document.due.currency) if document.void else document.due
    return [*rows, ["Amount due", _money(due), "due"]]


def _taken(document: InvoiceDocument, paid: str, credited: str) -> list[list[str]]:
    taken = ((paid, document.paid), (credited, document.credited))
    return [[label, _money(-amount), "plain"] for label, amount in taken if amount]


def _legal(document: InvoiceDocument) -> list[str]:
    """The reasons in law, each once and in the order of the taxes."""
    return list(dict.fromkeys(plain(tax.note) for tax in document.taxes if tax.note))


def _bank(document: InvoiceDocument) -> dict[str, Any] | None:
    """How to pay what is due; nothing where there is nothing to pay."""
    bank = document.bank
    if bank is None or document.kind == "credit_note" or document.void or document.due.minor <= 0:
        return None
    return {"rows": _account(bank, document), "code": giro_code(document)}


def _account(bank: BankDetails, document: InvoiceDocument) -> list[list[str]]:
    iban = one_line(bank.iban or "").replace(" ", "")
    given = [
        ("Account holder", bank.holder),
        ("Bank", bank.bank),
        ("IBAN", " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))),
        ("BIC", bank.bic),
        ("Account number", bank.account),
        ("Routing number", bank.routing),
        ("Reference", document.number),
    ]
    return [[label, one_line(value)] for label, value in given if value]
