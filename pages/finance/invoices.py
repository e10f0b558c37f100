"""Invoices: what is overdue and how old what is owed has grown; then who owes it, and every invoice."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.receivables import receivables
from pages.finance import invoices_ageing, invoices_figures, invoices_new, invoices_numbers, invoices_rows
from pages.parts import links, session
from pages.parts.cards import header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Invoices", "What customers owe, what is late, and every invoice there is.")
    with told("invoices"):
        day = minute().date()
        found = load(receivables, actor, day=day)
        with right:
            _ways_on(actor)
        tiles(invoices_figures.tiles(actor, found, day))
        if found.late + found.open:
            left, beside = st.columns([1, 2])
            with left:
                invoices_figures.ages(found)
            with beside:
                invoices_ageing.show(actor, found, day)
        if not invoices_rows.show(actor, day):
            _nothing(actor)
        invoices_numbers.show(actor)


def _ways_on(actor: Actor) -> None:
    if actor.may(Permission.INVOICE_CREATE):
        links.link("invoice-run", "Bill a month", icon="playlist_add_check")
    links.link("billing", "Billing setup", icon="tune")
    invoices_new.button(actor)


def _nothing(actor: Actor) -> None:
    may = actor.may(Permission.INVOICE_CREATE)
    sentence = "Invoices appear here once a month is billed. " + (
        "Set up who sells, then draft a customer's month or run everybody's."
        if may
        else "An owner, admin or manager can draft them."
    )
    if empty("invoices", "No invoices yet", sentence, icon="receipt_long", action="New draft" if may else None):
        invoices_new.open_dialog(actor)
