"""The mails that ask for late invoices: a step each, written with its mail in one transaction."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.access.actor import Actor, system_actor
from core.announce.writes import announce
from core.billing.invoices.document import document_of
from core.billing.invoices.dunning import Step, due_steps, note_mail, said, steps, take_step
from core.billing.invoices.links import pdf_link
from core.billing.invoices.reads import invoice_by_id
from core.config import settings
from core.errors import InvalidInput
from core.notify.writes import send_mail
from core.organizations.mail_brand import mail_brand
from core.organizations.marks import mark_card
from core.organizations.reads import vendor_id
from db.session import WriteSession

# Long enough to be paid by, though the mail is read late.
_LINK: Final = timedelta(days=60)


def send_due_notices(session: WriteSession, *, now: datetime) -> int:
    """Take every step that is due, and return how many; a step is one mail to the billing address.

    Where a customer has none the step is taken all the same, so that its invoice's page says since when. Mails are kept
    without a mail server. Killed before the commit, nothing was taken and the next call takes it.
    """
    vendor = vendor_id(session)
    if vendor is None:
        return 0
    actor, known = system_actor(vendor), steps(session)
    taken = 0
    for invoice_id, organization_id, step in due_steps(session, now.date(), known):
        if take_step(session, invoice_id, organization_id, step, now=now):
            note_mail(session, invoice_id, step, _mail(session, actor, invoice_id, step, now))
            taken += 1
    return taken


def _mail(session: WriteSession, actor: Actor, invoice_id: UUID, step: Step, now: datetime) -> UUID | None:
    of, paper = invoice_by_id(session, actor, invoice_id), document_of(session, actor, invoice_id)
    days = of.days_late(now.date())
    news = {"kind": "invoice.dunned", "title": f"{of.customer} asked for {of.number}, {days} days late"}
    announce(session, of.organization_id, "activity:new", {**news, "invoiceId": str(of.id)}, now=now)
    mark_card(session, of.organization_id, now)
    if not paper.buyer.email:
        return None
    names: dict[str, str | int] = {
        "number": of.number or "",
        "due": str(of.due),
        "days": days,
        "seller": paper.seller.name,
    }
    subject = _said(step.subject, names)
    url, _ = pdf_link(settings(), invoice_id, now=now, lasts=_LINK)
    values = {
        "brand": mail_brand(session, actor, actor.organization_id),
        "title": subject,
        "paragraphs": [_said(step.words, names)],
        "facts": [("Invoice", of.number or ""), ("Open", str(of.due)), ("Was due", f"{of.due_on:%-d %B %Y}")],
        "button": {"label": "Open the PDF", "href": url},
        "reason": f"Invoices to {of.customer} go to this address.",
    }
    once = f"dunning:{invoice_id}:{step.days}"
    try:
        return send_mail(
            session,
            of.organization_id,
            to=paper.buyer.email,
            subject=subject,
            template="notice",
            values=values,
            now=now,
            once=once,
        )
    except InvalidInput:
        # What is no address can't be written to; the step stands, and its page says that no mail went.
        return None


def _said(text: str, names: dict[str, str | int]) -> str:
    return said(
        text,
        number=str(names["number"]),
        due=str(names["due"]),
        days=int(names["days"]),
        seller=str(names["seller"]),
    )
