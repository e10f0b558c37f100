"""The same invoice as data: EN 16931 in the CII syntax, which Factur-X and ZUGFeRD put into the PDF.

Written element by element in the order that the schema wants: a model library between costs several times as much,
and the tests validate what is written by others' schemas and by the standard's own rules.
"""

from datetime import date
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from core.billing.documents.factur_x_gaps import factur_x_gap, is_vat_id, needs_no_vat_ids
from core.billing.documents.plain_text import one_line, plain
from core.billing.invoice_document import BankDetails, DocumentLine, DocumentTax, InvoiceDocument, Party
from core.errors import InvalidInput
from core.money import Money

PROFILE: Final = "urn:cen.eu:en16931:2017"
_SPACES: Final = {
    "xmlns:rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "xmlns:ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "xmlns:qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
# UNTDID 1001: commercial invoice and credit note.
_TYPES: Final = {"invoice": "380", "credit_note": "381"}
# UNTDID 4461: SEPA credit transfer, and a credit transfer of another kind.
_SEPA, _TRANSFER = "58", "30"
# UNTDID 5189: discount.
_DISCOUNT: Final = "95"
# Why there is no tax, in words and by the list VATEX, where the document gives no words of its own.
_REASONS: Final = {
    "AE": ("Reverse charge", "VATEX-EU-AE"),
    "G": ("Export outside the EU", "VATEX-EU-G"),
    "O": ("Not subject to VAT", "VATEX-EU-O"),
    "E": ("Exempt from VAT", None),
}


def factur_x_xml(document: InvoiceDocument) -> bytes:
    """Return the document as UTF-8 XML of profile EN 16931; same document, same bytes.

    Raises InvalidInput with the reason where the standard has no place for it (see factur_x_gap). What XML cannot
    carry is taken out of texts as it is on the page.
    """
    gap = factur_x_gap(document)
    if gap is not None:
        raise InvalidInput(gap)
    root = Element("rsm:CrossIndustryInvoice", _SPACES)
    context = SubElement(root, "rsm:ExchangedDocumentContext")
    _text(SubElement(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFILE)
    _header(SubElement(root, "rsm:ExchangedDocument"), document)
    trade = SubElement(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(document.lines, start=1):
        _line(SubElement(trade, "ram:IncludedSupplyChainTradeLineItem"), line, number)
    _agreement(SubElement(trade, "ram:ApplicableHeaderTradeAgreement"), document)
    _delivery(SubElement(trade, "ram:ApplicableHeaderTradeDelivery"), document)
    _settlement(SubElement(trade, "ram:ApplicableHeaderTradeSettlement"), document)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + str(tostring(root, encoding="unicode"))).encode()


def _text(parent: Element, tag: str, text: str | None, **attributes: str) -> None:
    """Add an element with text; without a text nothing, as the standard forbids empty ones."""
    if text:
        SubElement(parent, tag, attributes).text = text


def _exact(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _amount(parent: Element, tag: str, money: Money, **attributes: str) -> None:
    _text(parent, tag, f"{money.major():f}", **attributes)


def _date(parent: Element, tag: str, when: date | None) -> None:
    if when is not None:
        _text(SubElement(parent, tag), "udt:DateTimeString", f"{when:%Y%m%d}", format="102")


def _period(parent: Element, first: date | None, last: date | None) -> None:
    if first is None and last is None:
        return
    period = SubElement(parent, "ram:BillingSpecifiedPeriod")
    _date(period, "ram:StartDateTime", first)
    _date(period, "ram:EndDateTime", last)


def _header(parent: Element, document: InvoiceDocument) -> None:
    _text(parent, "ram:ID", one_line(document.number or ""))
    _text(parent, "ram:TypeCode", _TYPES[document.kind])
    _date(parent, "ram:IssueDateTime", document.issued_on)
    note = plain(document.note or "")
    if note:
        _text(SubElement(parent, "ram:IncludedNote"), "ram:Content", note)


def _line(parent: Element, line: DocumentLine, number: int) -> None:
    # A price is never negative (BR-27): what takes something back has a negative quantity.
    sign = -1 if line.unit_price < 0 else 1
    _text(SubElement(parent, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(number))
    product = SubElement(parent, "ram:SpecifiedTradeProduct")
    _text(product, "ram:Name", one_line(line.text) or "—")
    _text(product, "ram:Description", plain(line.detail or ""))
    price = SubElement(SubElement(parent, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _text(price, "ram:ChargeAmount", _exact(sign * line.unit_price))
    delivery = SubElement(parent, "ram:SpecifiedLineTradeDelivery")
    _text(delivery, "ram:BilledQuantity", _exact(sign * line.quantity), unitCode=line.unit)
    settlement = SubElement(parent, "ram:SpecifiedLineTradeSettlement")
    tax = SubElement(settlement, "ram:ApplicableTradeTax")
    _text(tax, "ram:TypeCode", "VAT")
    _category(tax, line.tax_category, line.tax_rate)
    _period(settlement, line.first, line.last)
    if line.discount:
        _discount(SubElement(settlement, "ram:SpecifiedTradeAllowanceCharge"), line.discount)
    sums = SubElement(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _amount(sums, "ram:LineTotalAmount", line.net)


def _discount(parent: Element, discount: Money) -> None:
    _text(SubElement(parent, "ram:ChargeIndicator"), "udt:Indicator", "false")
    _amount(parent, "ram:ActualAmount", discount)
    _text(parent, "ram:ReasonCode", _DISCOUNT)
    _text(parent, "ram:Reason", "Discount")


def _category(parent: Element, category: str, rate: Decimal, code: str | None = None) -> None:
    _text(parent, "ram:CategoryCode", category)
    _text(parent, "ram:ExemptionReasonCode", code)
    if category != "O":  # what is not subject to tax has no rate, not even zero (BR-O-05)
        _text(parent, "ram:RateApplicablePercent", _exact(rate))


def _agreement(parent: Element, document: InvoiceDocument) -> None:
    hidden = needs_no_vat_ids(document)
    _party(SubElement(parent, "ram:SellerTradeParty"), document.seller, seller=True, hidden=hidden)
    _party(SubElement(parent, "ram:BuyerTradeParty"), document.buyer, seller=False, hidden=hidden)
    if reference := one_line(document.reference or ""):
        _text(SubElement(parent, "ram:BuyerOrderReferencedDocument"), "ram:IssuerAssignedID", reference)


def _party(parent: Element, party: Party, *, seller: bool, hidden: bool) -> None:
    vat_id = one_line(party.vat_id or "").replace(" ", "")
    registration = one_line(party.registration or "")
    if seller and hidden and not registration:
        _text(parent, "ram:ID", vat_id)
    _text(parent, "ram:Name", one_line(party.name))
    if registration:
        _text(SubElement(parent, "ram:SpecifiedLegalOrganization"), "ram:ID", registration)
    _address(SubElement(parent, "ram:PostalTradeAddress"), party)
    if email := one_line(party.email or ""):
        _text(SubElement(parent, "ram:URIUniversalCommunication"), "ram:URIID", email, schemeID="EM")
    scheme = "VA" if is_vat_id(vat_id) else "FC"
    if vat_id and not hidden and (seller or scheme == "VA"):
        _text(SubElement(parent, "ram:SpecifiedTaxRegistration"), "ram:ID", vat_id, schemeID=scheme)


def _address(parent: Element, party: Party) -> None:
    first, second, *rest = (*map(one_line, party.lines), "", "")
    _text(parent, "ram:PostcodeCode", one_line(party.postcode))
    _text(parent, "ram:LineOne", first)
    _text(parent, "ram:LineTwo", second)
    _text(parent, "ram:LineThree", ", ".join(line for line in rest if line))
    _text(parent, "ram:CityName", one_line(party.city))
    _text(parent, "ram:CountryID", party.country)


def _delivery(parent: Element, document: InvoiceDocument) -> None:
    """The day of delivery, where no period says it; the schema wants the element all the same."""
    if document.first is None and document.last is None:
        _date(SubElement(parent, "ram:ActualDeliverySupplyChainEvent"), "ram:OccurrenceDateTime", document.issued_on)


def _settlement(parent: Element, document: InvoiceDocument) -> None:
    if document.kind == "invoice":
        _text(parent, "ram:PaymentReference", one_line(document.number or ""))
    _text(parent, "ram:InvoiceCurrencyCode", document.total.currency)
    if document.bank is not None and document.kind == "invoice":
        _means(parent, document.bank, document.due.currency)
    for tax in document.taxes:
        _tax(SubElement(parent, "ram:ApplicableTradeTax"), tax)
    _period(parent, document.first, document.last)
    _terms(parent, document)
    _sums(SubElement(parent, "ram:SpecifiedTradeSettlementHeaderMonetarySummation"), document)
    if corrected := one_line(document.corrects or ""):
        _text(SubElement(parent, "ram:InvoiceReferencedDocument"), "ram:IssuerAssignedID", corrected)


def _means(parent: Element, bank: BankDetails, currency: str) -> None:
    iban, account = (one_line(given or "").replace(" ", "") for given in (bank.iban, bank.account))
    if not iban and not account:
        return
    means = SubElement(parent, "ram:SpecifiedTradeSettlementPaymentMeans")
    _text(means, "ram:TypeCode", _SEPA if iban and currency == "EUR" else _TRANSFER)
    creditor = SubElement(means, "ram:PayeePartyCreditorFinancialAccount")
    _text(creditor, "ram:IBANID", iban)
    _text(creditor, "ram:AccountName", one_line(bank.holder))
    if not iban:
        _text(creditor, "ram:ProprietaryID", account)
    if bic := one_line(bank.bic or "").replace(" ", ""):
        _text(SubElement(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", bic)


def _tax(parent: Element, tax: DocumentTax) -> None:
    reason, code = _REASONS.get(tax.category, (None, None))
    _amount(parent, "ram:CalculatedAmount", tax.tax)
    _text(parent, "ram:TypeCode", "VAT")
    if reason is not None:
        _text(parent, "ram:ExemptionReason", plain(tax.note or "") or reason)
    _amount(parent, "ram:BasisAmount", tax.base)
    _category(parent, tax.category, tax.rate, code)


def _terms(parent: Element, document: InvoiceDocument) -> None:
    """When something is to be paid, it is said when (BR-CO-25)."""
    terms = SubElement(parent, "ram:SpecifiedTradePaymentTerms")
    if document.kind == "credit_note":
        _text(terms, "ram:Description", "Nothing is to be paid: the amount is credited.")
    elif document.due_on is None:
        _text(terms, "ram:Description", "Due on receipt.")
    else:
        _date(terms, "ram:DueDateDateTime", document.due_on)


def _sums(parent: Element, document: InvoiceDocument) -> None:
    _amount(parent, "ram:LineTotalAmount", document.net)
    _amount(parent, "ram:TaxBasisTotalAmount", document.net)
    _amount(parent, "ram:TaxTotalAmount", document.tax, currencyID=document.tax.currency)
    _amount(parent, "ram:GrandTotalAmount", document.total)
    _amount(parent, "ram:TotalPrepaidAmount", document.paid + document.credited)
    _amount(parent, "ram:DuePayableAmount", document.due)
