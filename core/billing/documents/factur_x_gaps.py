"""Why a document has no EN 16931 form, and which ids the standard lets it name."""

from collections.abc import Callable
from typing import Final

from babel import Locale

from core.billing.invoice_document import InvoiceDocument
from core.money import exponent, total

# Greece and Northern Ireland sign their VAT ids with letters of their own.
_PREFIXES: Final = {code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()} | {
    "EL",
    "XI",
}


def factur_x_gap(document: InvoiceDocument) -> str | None:
    """Return the first reason why the document cannot be said in EN 16931, as a sentence; None where it can."""
    return next((reason for found in _GAPS if (reason := found(document)) is not None), None)


def is_vat_id(vat_id: str) -> bool:
    """Whether it opens with a country's letters, as a VAT id does and a US tax number does not (BR-CO-09)."""
    return vat_id[:2] in _PREFIXES


def needs_no_vat_ids(document: InvoiceDocument) -> bool:
    """Whether nothing is subject to tax, where the standard forbids to name VAT ids (BR-O-02)."""
    return any(tax.category == "O" for tax in document.taxes)


def _not_issued(document: InvoiceDocument) -> str | None:
    if document.kind == "draft" or not document.number or document.issued_on is None:
        return "A draft has no e-invoice. Finalize it first."
    if document.void:
        return "A void invoice demands nothing, and has no e-invoice. Draft another in its place."
    if not document.lines:
        return "An e-invoice needs a line. Add one to the invoice."
    return None


def _too_fine(document: InvoiceDocument) -> str | None:
    if exponent(document.total.currency) > 2:
        return f"EN 16931 counts two decimals, and {document.total.currency} has more. Send the PDF alone."
    return None


def _mixed(document: InvoiceDocument) -> str | None:
    if needs_no_vat_ids(document) and len(document.taxes) > 1:
        return "Lines that are not subject to tax cannot stand with others on an e-invoice. Invoice them apart."
    return None


def _placeless(document: InvoiceDocument) -> str | None:
    for who, party in (("seller", document.seller), ("customer", document.buyer)):
        if not (len(party.country) == 2 and party.country in _PREFIXES):
            return f"The {who}'s country is not known. Add it to its address."
    return None


def _unnamed(document: InvoiceDocument) -> str | None:
    if not (document.seller.vat_id or document.seller.registration):
        return "The seller has neither a VAT id nor a registration number. Add one to its profile."
    reasons = {tax.category for tax in document.taxes}
    if reasons & {"AE", "G"} and not is_vat_id(document.seller.vat_id or ""):
        return "Reverse charge and export need the seller's VAT id with its country's letters. Add it to its profile."
    if "AE" in reasons and not is_vat_id(document.buyer.vat_id or ""):
        return "Reverse charge needs the customer's VAT id with its country's letters. Add it to the customer."
    if reasons - {"O"} and not (document.seller.vat_id or ""):
        return "An invoice with tax needs the seller's VAT id. Add it to its profile."
    return None


def _wrong_sums(document: InvoiceDocument) -> str | None:
    currency = document.total.currency
    stated = (document.net, document.tax, document.total, document.due)
    added = (
        total((line.net for line in document.lines), currency),
        total((tax.tax for tax in document.taxes), currency),
        document.net + document.tax,
        document.total - document.paid - document.credited,
    )
    if stated != added or total((tax.base for tax in document.taxes), currency) != document.net:
        return "The invoice's sums do not add up from its lines. Draft it anew."
    if {(line.tax_category, line.tax_rate) for line in document.lines} != {
        (t.category, t.rate) for t in document.taxes
    }:
        return "The invoice's lines and its taxes name different rates. Draft it anew."
    return None


_GAPS: Final[tuple[Callable[[InvoiceDocument], str | None], ...]] = (
    _not_issued,
    _too_fine,
    _mixed,
    _placeless,
    _unnamed,
    _wrong_sums,
)
