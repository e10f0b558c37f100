"""Plans: what we sell, at what price, who is on what, and what was agreed beside the list."""

import streamlit as st

from core.access.permissions import Permission
from core.billing.currencies import PRICE_LISTS
from core.billing.price_lists import price_versions
from core.finance.plans import plans
from pages.finance import plan_cards, plan_coupons, plan_deals, plan_price_change, plan_tables, plan_usage
from pages.parts import export, filters, session, terms
from pages.parts.cards import header
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    with header("Plans", "What we sell, at what price, and who is on what."):
        period = filters.one_of("Billing period", list(terms.PERIODS), key="period", show=terms.PERIODS.__getitem__)
        currency = filters.one_of("Currency", PRICE_LISTS, key="currency")
        export.menu(actor, "prices")
        plan_price_change.button(actor)
    with told("plans"):
        found = load(plans, actor, minute())
        plan_cards.show(found, period, currency)
        left, right = st.columns(2)
        with left:
            plan_tables.paying(found)
        with right:
            plan_tables.versions(actor, load(price_versions, actor), found)
        plan_usage.show(actor, currency)
        plan_deals.show(actor)
        plan_coupons.show(actor)
