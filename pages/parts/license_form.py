"""The form of a new license: for whom, which tier, how it is billed, and in one sentence what that comes to."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import CustomerFilter
from core.accounts.reads import list_customers
from core.accounts.requests import LONGEST_TRIAL, LicenseRequest, name_from_email
from core.billing.currencies import currency_of
from core.billing.reads import Price, prices_in_force
from core.licensing.reads import Tier, tiers
from db.session import ReadSession
from pages.parts import format as say
from pages.parts.load import load, minute

PERIODS: Final = {"monthly": "Monthly", "quarterly": "Quarterly", "annual": "Annual"}
_PER: Final = {"monthly": "a month", "quarterly": "a quarter", "annual": "a year"}
_USUAL_TRIAL: Final = 14
_CHOICES: Final = 200


def form(actor: Actor) -> LicenseRequest:
    """The fields, and what they ask for as they stand; `user_id` is empty while no customer is given."""
    chosen = _customer(actor)
    email = chosen if "@" in chosen else ""
    name = ""
    if email:
        suggested = name_from_email(email.strip().lower())
        name = st.text_input("Company, if it is a new customer", placeholder=suggested, max_chars=120, key="issue-name")
    bundles = {each.id: each for each in load(known_tiers, actor)}
    names = list(bundles)
    tier = bundles[
        st.segmented_control(
            "Tier",
            names,
            default="pro" if "pro" in names else names[-1],
            required=True,
            format_func=lambda each: bundles[each].label,
            key="issue-tier",
        )
        or names[0]
    ]
    period, trial_days = _terms(tier)
    st.caption(say.plain(_in_words(actor, tier, period, trial_days)))
    notes = st.text_area(
        "Notes", placeholder="What was agreed, for colleagues. The customer does not see it.", key="issue-notes"
    )
    return LicenseRequest(chosen.strip(), tier.id, period, trial_days, notes or "", name=name.strip() or None)


def _customer(actor: Actor) -> str:
    """The id of the customer chosen, or what was typed in its place."""
    page = load(list_customers, actor, CustomerFilter(), now=minute(), limit=_CHOICES)
    known: dict[str, UUID] = {}
    for each in page.customers:
        known[each.name if each.name not in known else f"{each.name} ({each.install_id})"] = each.organization_id
    picked = st.selectbox(
        "Customer",
        list(known),
        index=None,
        placeholder="Choose a customer, or type the e-mail of a new one",
        accept_new_options=True,
        key="issue-customer",
    )
    return str(known.get(picked, picked)) if picked else ""


def _terms(tier: Tier) -> tuple[str, int]:
    """The billing period and the days of trial; the free tier has neither."""
    if tier.rank == 0:
        return "monthly", 0
    left, right = st.columns(2)
    period = left.segmented_control(
        "Billing period",
        list(PERIODS),
        default="monthly",
        required=True,
        format_func=lambda each: PERIODS[each],
        key="issue-period",
    )
    days = right.number_input(
        "Trial days",
        min_value=0,
        max_value=LONGEST_TRIAL,
        value=_USUAL_TRIAL,
        help="0 means it is paid from today. A trial has no price until you give it a tier.",
        key="issue-trial",
    )
    return period or "monthly", int(days)


def _in_words(actor: Actor, tier: Tier, period: str, trial_days: int) -> str:
    """What is about to be agreed, in one sentence."""
    if tier.rank == 0:
        return f"{tier.label} has no price and no end."
    price = _list_price(actor, tier.id, period)
    costs = f"{say.amount(price.amount)} {_PER[period]} at list price" if price else "the list price"
    if trial_days == 0:
        return f"{tier.label}: {costs}, from today until it is revoked."
    ends = clock.now() + timedelta(days=trial_days)
    return f"{tier.label}: a trial until {say.day(ends)}, without a price. Converted, it is {costs}."


def _list_price(actor: Actor, tier_id: str, period: str) -> Price | None:
    """The price in the currency of customers who name no other; euro countries are quoted in euros."""
    if not actor.may(Permission.FINANCE_READ):
        return None
    listed = load(_prices, actor)
    return next(
        (
            each
            for each in listed
            if (each.tier_id, each.billing_period, each.amount.currency) == (tier_id, period, currency_of(None))
        ),
        None,
    )


def known_tiers(session: ReadSession, _actor: Actor) -> tuple[Tier, ...]:
    """The tiers, as `load` reads: they are no secret from anybody."""
    return tiers(session)


def _prices(session: ReadSession, _actor: Actor) -> tuple[Price, ...]:
    return prices_in_force(session, minute())
