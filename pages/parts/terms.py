"""The terms of a license as a person chooses them: tier and billing period, and what the price list asks for both."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import Customer
from core.billing.currencies import currency_of
from core.billing.reads import Price, prices_in_force
from core.licensing.reads import Tier, tiers
from db.session import ReadSession
from pages.parts.load import load, minute

PERIODS: Final = {"monthly": "Monthly", "quarterly": "Quarterly", "annual": "Annual"}
PER: Final = {"monthly": "a month", "quarterly": "a quarter", "annual": "a year"}


def by_id(actor: Actor) -> dict[str, Tier]:
    """The tiers by their id, the smallest first."""
    return {each.id: each for each in load(_tiers, actor)}


def tier(actor: Actor, default: str, *, key: str) -> Tier:
    """One of the tiers there are."""
    known = by_id(actor)
    first = default if default in known else next(iter(known))
    picked = st.segmented_control(
        "Tier", list(known), default=first, required=True, format_func=lambda each: known[each].label, key=key
    )
    return known[picked or first]


def period(default: str, *, key: str) -> str:
    """One of the billing periods."""
    picked = st.segmented_control(
        "Billing period",
        list(PERIODS),
        default=default,
        required=True,
        format_func=lambda each: PERIODS[each],
        key=key,
    )
    return picked or default


def list_price(actor: Actor, tier_id: str, billing_period: str, currency: str) -> Price | None:
    """What the list asks; None for a role that does not see money, and where no list names it."""
    if not actor.may(Permission.FINANCE_READ):
        return None
    wanted = (tier_id, billing_period, currency)
    listed = load(_prices, actor)
    return next((each for each in listed if (each.tier_id, each.billing_period, each.amount.currency) == wanted), None)


def currency_for(customer: Customer | None) -> str:
    """The currency a customer pays in, or would by their country; that of the world for one not known yet."""
    if customer is None:
        return currency_of(None)
    return customer.mrr.currency if customer.mrr else currency_of(customer.country)


def _tiers(session: ReadSession, _actor: Actor) -> tuple[Tier, ...]:
    return tiers(session)


def _prices(session: ReadSession, _actor: Actor) -> tuple[Price, ...]:
    return prices_in_force(session, minute())
