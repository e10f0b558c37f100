"""What a customer was billed: what is left to pay and late, the latest invoices, and when the next one comes."""

from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.profile import CustomerProfile
from core.billing.invoices.worklist import Wanted, worklist
from pages.parts import columns, filters, invoice_rows, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute

_OPEN: Final = "billed-open"
_SHOWN: Final = 8
_READ: Final = 200


def show(actor: Actor, known: CustomerProfile) -> None:
    """Draw the card for who may see money."""
    if not actor.may(Permission.FINANCE_READ):
        return
    whose, day = known.customer.organization_id, minute().date()
    found = load(worklist, actor, Wanted(organization_id=whose), day=day, limit=_READ)
    owed = invoice_rows.owed(found.invoices, day) if found.invoices else "None yet."
    place = card("billed", "Invoices", f"{owed} {_next(known)}".strip(), height="content")
    with place.right:
        if found.invoices:
            links.link("invoices", "All", {"customer": known.customer.name}, icon="arrow_forward")
        links.link("billing", "Billing profile", {"customer": known.customer.name}, icon="contact_mail")
    rows = found.invoices[:_SHOWN]
    if not rows:
        return
    clicked = columns.opened(_OPEN)
    if clicked is not None and clicked < len(rows):
        _go(rows[clicked].id)
    with place.body:
        columns.table(
            invoice_rows.frame(rows, day),
            {
                "number": columns.opener("Invoice", key=_OPEN, width=155),
                "state": columns.pills("status", "State", width=80),
                "late": columns.text("Due", width=90),
                "total": columns.text("Total", width=95),
            },
            key="billed",
            alt="Invoices of this customer with state, when due, and total.",
            height="content",
        )


def _go(invoice_id: UUID) -> None:
    filters.go(links.to("invoice"), {"id": str(invoice_id)})


def _next(known: CustomerProfile) -> str:
    coming = known.subscription.next_date
    if coming is None or coming.label != "Next billing day":
        return ""
    return f"The next period begins, and is billed, on {say.day(coming.at)}."
