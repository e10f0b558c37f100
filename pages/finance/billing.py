"""Billing setup: who sells, how each customer is billed, and how late invoices are asked for."""

import streamlit as st

from core.access.permissions import Permission
from pages.finance import billing_profiles, billing_reminders, billing_sellers
from pages.parts import links, session
from pages.parts.cards import header
from pages.parts.load import told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    links.link("invoices", "Invoices", icon="arrow_back")
    right = header("Billing setup", "Who sells, how customers are billed, and how late invoices are asked for.")
    with told("the billing setup"):
        with right:
            billing_sellers.button(actor)
        left, beside = st.columns(2)
        with left:
            billing_sellers.show(actor)
            billing_reminders.show(actor)
        with beside:
            billing_profiles.show(actor)
