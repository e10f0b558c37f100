"""The mail that an invoice goes out with: to the customer's billing address, the PDF with it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.documents.invoice_paper import invoice_pdf
from core.billing.invoices.document import document_of
from core.billing.invoices.links import pdf_link
from core.billing.invoices.reads import invoice_by_id
from core.billing.invoices.states import require_state
from core.config import settings
from core.errors import InvalidInput
from core.notify.smtp import Attachment
from core.notify.writes import send_mail
from core.organizations.mail_brand import mail_brand
from db.models.invoices import invoice
from db.session import WriteSession

TEMPLATE: Final = "notice"


def send_invoice(
    session: WriteSession, actor: Actor, invoice_id: UUID, *, now: datetime, once: str | None = None
) -> None:
    """Mail an issued invoice with its PDF and note when; needs `invoice:finalize`.

    Raises InvalidInput where the customer has no billing address for mails. With `once` a mail under that key goes out
    one time only. Without a mail server it is kept.
    """
    actor.require_vendor()
    actor.require(Permission.INVOICE_FINALIZE)
    of = invoice_by_id(session, actor, invoice_id)
    require_state(of.state, ("open", "paid"), "sent")
    paper = document_of(session, actor, invoice_id)
    to = paper.buyer.email
    if not to:
        raise InvalidInput(
            f"{of.customer} has no e-mail for invoices. Add one to its billing profile, then send it again.",
            field="email",
            code="no_billing_email",
        )
    url, until = pdf_link(settings(), invoice_id, now=now)
    left = (
        f"{of.due} is due on {of.due_on:%-d %B %Y}." if of.due_on and of.due else "It is paid; nothing is left to do."
    )
    facts = [
        ("Number", of.number or ""),
        ("Total", str(of.total)),
        ("Due", f"{of.due_on:%-d %B %Y}" if of.due_on else ""),
    ]
    values = {
        "brand": mail_brand(session, actor, actor.organization_id),
        "title": f"Invoice {of.number}",
        "paragraphs": [f"Here is your invoice {of.number} of {paper.seller.name}. {left}"],
        "facts": facts,
        "button": {"label": "Open the PDF", "href": url},
        "reason": f"Invoices to {of.customer} go to this address. The link works until {until:%-d %B %Y}.",
    }
    file = Attachment(f"{of.number}.pdf", "application/pdf", invoice_pdf(paper))
    subject = f"Invoice {of.number} from {paper.seller.name}"
    made = send_mail(
        session,
        of.organization_id,
        to=to,
        subject=subject,
        template=TEMPLATE,
        values=values,
        now=now,
        once=once,
        attachments=(file,),
    )
    if made is None:
        return
    session.execute(update(invoice).where(invoice.c.id == invoice_id).values(sent_at=now))
    target = ("invoice", str(invoice_id))
    after = {"number": of.number, "to": to}
    audit.record(session, actor, "invoice.sent", target, now=now, organization_id=of.organization_id, after=after)
