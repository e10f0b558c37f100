"""What is done with an invoice over HTTP: issued, sent, voided, given up, credited; and its paper."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response

from api.depends import CurrentActor, Now, Reading, Stores, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.invoices import CreditNoteRow, FinalizeInvoice, InvoiceRow, IssueCreditNote, PdfLink, WithReason
from core.access.actor import system_actor
from core.accounts.invoice_mail import send_invoice
from core.accounts.invoicing import credit_invoice, finalize_invoices, give_up, void_invoice
from core.billing.documents.invoice_paper import invoice_pdf
from core.billing.invoice_document import InvoiceDocument
from core.billing.invoices.credit_notes import note_by_id
from core.billing.invoices.document import credit_note_document_of, document_of
from core.billing.invoices.finalizing import delete_draft
from core.billing.invoices.links import invoice_linked, pdf_link
from core.billing.invoices.reads import invoice_by_id
from core.billing.invoices.states import Invoice
from core.config import settings
from core.errors import NotFound
from core.organizations.reads import vendor_id
from db.session import SYSTEM, ReadSession

router = APIRouter(tags=["Invoices"], route_class=StrictRoute)
InvoiceId = Annotated[UUID, Path(alias="invoiceId")]
PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The PDF.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        "headers": {"Content-Disposition": {"schema": {"type": "string"}}},
    }
}


@router.delete("/invoices/{invoiceId}", status_code=204, summary="Delete a draft")
def delete(actor: CurrentActor, session: Writing, now: Now, invoice_id: InvoiceId) -> Response:
    """Delete a draft; what it billed is due again. 409 for what is issued: that is voided or credited."""
    delete_draft(session, actor, invoice_id, now=now)
    return Response(status_code=204)


@router.post("/invoices/{invoiceId}/finalize", summary="Issue an invoice")
def finalize(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, invoice_id: InvoiceId, body: FinalizeInvoice
) -> InvoiceRow:
    """Number and date a draft, and hold it still from then on; with `send` the customer gets it by mail."""

    def work() -> InvoiceRow:
        [made] = finalize_invoices(session, actor, [invoice_id], now=now)
        if body.send:
            send_invoice(session, actor, invoice_id, now=now)
        return InvoiceRow.of(made, now.date())

    return once(InvoiceRow, work)


@router.post("/invoices/{invoiceId}/send", summary="Mail an invoice with its PDF")
def send(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, invoice_id: InvoiceId) -> InvoiceRow:
    """Mail the PDF to the customer's billing address; it is kept where there is no mail server."""

    def work() -> InvoiceRow:
        send_invoice(session, actor, invoice_id, now=now)
        return InvoiceRow.of(invoice_by_id(session, actor, invoice_id), now.date())

    return once(InvoiceRow, work)


@router.post("/invoices/{invoiceId}/void", summary="Void an invoice")
def void(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, invoice_id: InvoiceId, body: WithReason
) -> InvoiceRow:
    """Void an issued invoice of which nothing is settled; its number stays used."""
    return once(InvoiceRow, _act(lambda: void_invoice(session, actor, invoice_id, reason=body.reason, now=now), now))


@router.post("/invoices/{invoiceId}/uncollectible", summary="Give an invoice up")
def uncollectible(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, invoice_id: InvoiceId, body: WithReason
) -> InvoiceRow:
    """Mark an issued invoice as never to be paid; a payment that comes after all still settles it."""
    return once(InvoiceRow, _act(lambda: give_up(session, actor, invoice_id, reason=body.reason, now=now), now))


@router.post("/invoices/{invoiceId}/credit-notes", status_code=201, summary="Credit an invoice")
def credit(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, invoice_id: InvoiceId, body: IssueCreditNote
) -> CreditNoteRow:
    """Issue a credit note of all that is left, or of some lines; never more than is left of each."""

    def work() -> CreditNoteRow:
        lines = None
        if body.lines is not None:
            actor.require_vendor()
            lines = body.parts(invoice_by_id(session, actor, invoice_id).total.currency)
        return CreditNoteRow.model_validate(
            credit_invoice(session, actor, invoice_id, reason=body.reason, now=now, lines=lines)
        )

    return once(CreditNoteRow, work)


@router.get("/invoices/{invoiceId}/pdf", summary="An invoice as PDF", response_class=Response, responses=PDF)
def pdf(actor: CurrentActor, session: Reading, stores: Stores, invoice_id: InvoiceId) -> Response:
    """Return the paper; of a draft as things stand. Factur-X is embedded where law asks for it."""
    invoice_by_id(session, actor, invoice_id)
    # The brand it wears is the vendor's, which a customer's own session does not see.
    with stores.control.read(SYSTEM) as whole:
        return _paper(document_of(whole, actor, invoice_id))


@router.get("/credit-notes/{creditNoteId}/pdf", summary="A credit note as PDF", response_class=Response, responses=PDF)
def credit_note_pdf(
    actor: CurrentActor,
    session: Reading,
    stores: Stores,
    credit_note_id: Annotated[UUID, Path(alias="creditNoteId")],
) -> Response:
    """Return the paper of a credit note."""
    note_by_id(session, actor, credit_note_id)
    with stores.control.read(SYSTEM) as whole:
        return _paper(credit_note_document_of(whole, actor, credit_note_id))


@router.get("/invoices/{invoiceId}/link", summary="An address of the PDF that runs out")
def link(actor: CurrentActor, session: Reading, now: Now, invoice_id: InvoiceId) -> PdfLink:
    """Return an address that shows the PDF without signing in, for 30 days."""
    if invoice_by_id(session, actor, invoice_id).state == "draft":
        raise NotFound("A draft has no address of its own; issue it first.")
    url, until = pdf_link(settings(), invoice_id, now=now)
    return PdfLink(url=url, expires_at=until)


@router.get(
    "/invoice-pdf/{token}", summary="An invoice as PDF, by its signed address", response_class=Response, responses=PDF
)
def linked_pdf(stores: Stores, now: Now, token: Annotated[str, Path(max_length=200)]) -> Response:
    """Return the paper that a signed address leads to; 404 once it has run out."""
    invoice_id = invoice_linked(settings(), token, now=now)
    if invoice_id is None:
        raise NotFound("This link has run out or is not complete. Ask for a new one.")
    with stores.control.read(SYSTEM) as session:
        return _paper(_linked(session, invoice_id))


def _linked(session: ReadSession, invoice_id: UUID) -> InvoiceDocument:
    vendor = vendor_id(session)
    if vendor is None:
        raise NotFound("There is no such invoice.")
    return document_of(session, system_actor(vendor), invoice_id)


def _act(act: Callable[[], Invoice], now: Now) -> Callable[[], InvoiceRow]:
    return lambda: InvoiceRow.of(act(), now.date())


def _paper(document: InvoiceDocument) -> Response:
    name = document.number or "draft"
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "private, no-store"}
    return Response(invoice_pdf(document), media_type="application/pdf", headers=headers)
