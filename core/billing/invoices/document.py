"""From rows to paper: an invoice or a credit note with everything that its reader sees."""

from collections import defaultdict
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoice_document import (
    BankDetails,
    DocumentLine,
    DocumentTax,
    InvoiceDocument,
    Look,
    Paper,
    Party,
    TaxCategory,
)
from core.billing.invoices.addresses import Address
from core.billing.invoices.credit_notes import CreditNote, credit_note_lines, note_by_id
from core.billing.invoices.profiles import profiles_of
from core.billing.invoices.reads import invoice_by_id, lines_of, taxes_of
from core.billing.invoices.sellers import all_sellers, seller_said
from core.billing.invoices.states import Invoice, InvoiceLine
from core.money import Money
from core.organizations.reads import brand_of_organization, logo_by_digest, vendor_id
from db.models.invoices import invoice
from db.session import ReadSession


def document_of(session: ReadSession, actor: Actor, invoice_id: UUID) -> InvoiceDocument:
    """Return an invoice as it is put on paper: a draft as things stand, any other as it was finalized.

    Needs `finance:read`. Its look is the vendor's brand, which a customer's own session may not read: whoever shows it
    to customers passes a session that may, with the customer's actor.
    """
    found = invoice_by_id(session, actor, invoice_id)
    seller, bank, look, paper = _seller(session, found)
    lines = tuple(_line(line) for line in lines_of(session, actor, invoice_id))
    taxes = taxes_of(session, actor, invoice_id)
    firsts, lasts = ([day for line in lines if (day := getattr(line, name))] for name in ("first", "last"))
    return InvoiceDocument(
        kind="draft" if found.state == "draft" else "invoice",
        number=found.number,
        issued_on=found.issued_on,
        due_on=found.due_on,
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        seller=seller,
        buyer=_buyer(session, found),
        lines=lines,
        taxes=tuple(DocumentTax(tax.category, tax.rate, tax.base, tax.tax, tax.note) for tax in taxes),
        net=found.net,
        tax=found.tax,
        total=found.total,
        paid=found.paid,
        credited=found.credited,
        due=found.due,
        bank=bank,
        look=look,
        paper=paper,
        reference=found.reference,
        note=found.note,
        void=found.state == "void",
    )


def credit_note_document_of(session: ReadSession, actor: Actor, note_id: UUID) -> InvoiceDocument:
    """Return a credit note as it is put on paper; amounts are positive."""
    actor.require(Permission.FINANCE_READ)
    note = note_by_id(session, actor, note_id)
    found = invoice_by_id(session, actor, note.invoice_id)
    seller, bank, look, paper = _seller(session, found)
    lines, taxes = _credited(session, actor, note)
    zero = Money(0, note.total.currency)
    return InvoiceDocument(
        kind="credit_note",
        number=note.number,
        issued_on=note.issued_on,
        due_on=None,
        first=None,
        last=None,
        seller=seller,
        buyer=_buyer(session, found),
        lines=lines,
        taxes=taxes,
        net=note.net,
        tax=note.tax,
        total=note.total,
        paid=zero,
        credited=zero,
        due=note.total,
        bank=bank,
        look=look,
        paper=paper,
        reference=found.reference,
        note=note.reason,
        corrects=found.number,
    )


def _line(line: InvoiceLine) -> DocumentLine:
    return DocumentLine(
        text=line.text,
        quantity=line.quantity.normalize(),
        unit=line.unit,
        unit_price=line.unit_price.normalize(),
        net=line.net,
        tax_rate=line.tax_rate.normalize(),
        tax_category=line.tax_category,
        detail=line.detail,
        first=line.first,
        last=line.last,
        discount=line.discount or None,
    )


def _credited(
    session: ReadSession, actor: Actor, note: CreditNote
) -> tuple[tuple[DocumentLine, ...], tuple[DocumentTax, ...]]:
    notes = {tax.category: tax.note for tax in taxes_of(session, actor, note.invoice_id)}
    sums: dict[tuple[str, Decimal], list[Money]] = defaultdict(list)
    lines = []
    for line in credit_note_lines(session, note):
        category = cast(TaxCategory, line.tax_category)
        price, rate = line.net.major(), line.tax_rate.normalize()
        lines.append(DocumentLine(line.text, Decimal(1), "C62", price, line.net, rate, category))
        base, tax = sums.setdefault((category, rate), [Money(0, line.net.currency)] * 2)
        sums[category, rate] = [base + line.net, tax + line.tax]
    taxes = tuple(
        DocumentTax(cast(TaxCategory, category), rate, base, tax, notes.get(cast(TaxCategory, category)))
        for (category, rate), (base, tax) in sums.items()
    )
    return tuple(lines), taxes


def _seller(session: ReadSession, found: Invoice) -> tuple[Party, BankDetails | None, Look, Paper]:
    said = _said(session, found.id).seller_said
    if said is None:
        said = seller_said(next(one for one in all_sellers(session) if one.id == found.seller_id))
    bank = BankDetails(**said["bank"]) if said["bank"] else None
    vendor = vendor_id(session)
    brand = brand_of_organization(session, vendor) if vendor else None
    picture = logo_by_digest(session, brand.logo) if brand and brand.logo else None
    look = Look(picture.content if picture else None, footer=said["footer"])
    if brand:
        look = Look(look.logo, brand.primary_color, look.footer)
    return _address(said["address"]).party(said["registration"]), bank, look, said["paper"]


def _buyer(session: ReadSession, found: Invoice) -> Party:
    said = _said(session, found.id).buyer_said
    if said is not None:
        return _address(said["address"]).party()
    return profiles_of(session, [found.organization_id])[found.organization_id].address.party()


def _said(session: ReadSession, invoice_id: UUID) -> Row[Any]:
    statement = select(invoice.c.seller_said, invoice.c.buyer_said).where(invoice.c.id == invoice_id)
    return session.execute(statement).one()


def _address(said: dict[str, Any]) -> Address:
    return Address(**{**said, "lines": tuple(said["lines"])})
