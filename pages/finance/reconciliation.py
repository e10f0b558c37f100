"""Reconciliation: whether Stripe and our books say the same, and each thing on which they don't."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.stripe_gateway import account_of
from core.config import settings
from core.finance.reconciliation import reconcile
from core.imports.stripe.starting import Standing, standing, start_backfill
from pages.finance import reconciliation_figures, reconciliation_rows
from pages.parts import export, session
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import change, load, present, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Reconciliation", "What Stripe bills, against our customers, invoices, payments and ledger.")
    with told("the reconciliation"):
        stands = load(standing, actor)
        if stands.heard_at is None:
            _nothing(actor, stands)
            return
        found = load(reconcile, actor, now=present())
        with right:
            if not found.agrees:
                export.menu(actor, "reconciliation")
            if _may_take(actor) and st.button("Take in again", icon=":material/sync:", key="stripe-again"):
                _take(actor)
        reconciliation_figures.verdict(found, stands, present())
        reconciliation_figures.sides(found)
        reconciliation_rows.show(found)


def _may_take(actor: Actor) -> bool:
    return account_of(settings()) is not None and actor.may(Permission.ORGANIZATION_CREATE)


def _nothing(actor: Actor, stands: Standing) -> None:
    if account_of(settings()) is None:
        empty(
            "stripe-off",
            "Stripe is not connected",
            "Set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET and start Calos again (docs/stripe.md says how). What "
            "Stripe bills is then taken in here, and every difference from our books is named.",
            icon="link_off",
        )
        return
    if stands.stages:
        reconciliation_figures.under_way(stands)
        return
    may = _may_take(actor)
    sentence = "Customers, subscriptions, invoices and payments come in from Stripe, and are compared with our books. "
    sentence += "It can take some minutes." if may else "An owner or admin can start it."
    if empty(
        "stripe", "Nothing was taken in from Stripe yet", sentence, icon="sync", action="Take in" if may else None
    ):
        _take(actor)


def _take(actor: Actor) -> None:
    with told(), change(actor) as writing:
        start_backfill(writing, actor, now=present())
        st.toast("Everything Stripe has is being taken in.", icon=":material/sync:")
