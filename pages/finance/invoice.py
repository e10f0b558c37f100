"""One invoice: what it asks for and what is left, where each line comes from, its paper, and what was done about it."""

from uuid import UUID

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.invoices.reads import invoice_by_id
from core.billing.invoices.states import Invoice
from core.errors import NotFound
from pages.finance import invoice_acts, invoice_figures, invoice_history, invoice_lines, invoice_money, invoice_paper
from pages.parts import format as say
from pages.parts import links, session
from pages.parts.cards import header, tiles
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    with told("this invoice"):
        try:
            _invoice(actor, load(invoice_by_id, actor, _named()))
        except NotFound as missing:
            header("Invoice", "One of them, by its row in the list.")
            st.warning(missing.message, icon=":material/search_off:")
            links.link("invoices", "All invoices", icon="receipt_long")


def _named() -> UUID:
    try:
        return UUID(st.query_params.get("id", ""))
    except ValueError as wrong:
        raise NotFound("The address names no invoice. Open one from the list.") from wrong


def _invoice(actor: Actor, of: Invoice) -> None:
    day = minute().date()
    links.link("invoices", "Invoices", icon="arrow_back")
    with header(of.number or "Draft", f"{of.customer}, {invoice_figures.about(of)}"):
        invoice_acts.bar(actor, of, day)
    invoice_figures.badges(of, day)
    tiles(invoice_figures.tiles(of, day))
    left, right = st.columns([8, 5])
    with left:
        invoice_lines.show(actor, of)
        invoice_money.show(actor, of)
        invoice_history.show(actor, of)
    with right:
        links.link("customer", f"Open {say.plain(of.customer)}", {"id": str(of.organization_id)}, icon="domain")
        invoice_paper.show(actor, of)
