"""The form of a new license: for whom, which tier, how it is billed, and in one sentence what that comes to."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.customers import Customer, CustomerFilter
from core.accounts.reads import list_customers
from core.accounts.requests import LONGEST_TRIAL, LicenseRequest, name_from_email
from core.licensing.policy import Policy
from core.licensing.reads import Tier
from pages.parts import format as say
from pages.parts import policy_form, terms
from pages.parts.load import load, minute

_USUAL_TRIAL: Final = 14
_CHOICES: Final = 200


def form(actor: Actor) -> LicenseRequest:
    """The fields, and what they ask for as they stand; `user_id` is empty while no customer is given."""
    known, typed = customer(actor, key="issue-customer")
    name = ""
    if "@" in typed:
        suggested = name_from_email(typed.lower())
        name = st.text_input("Company, if it is a new customer", placeholder=suggested, max_chars=120, key="issue-name")
    tier = terms.tier(actor, "pro", key="issue-tier")
    period, trial_days = _billing(tier)
    st.caption(say.plain(_in_words(actor, tier, period, trial_days, terms.currency_for(known))))
    with st.expander("Policy", key="issue-policy", type="compact", icon=":material/tune:"):
        st.caption("Rules beyond the tier's own. What is left alone is no rule, and all of it can be changed later.")
        rules = policy_form.fields(Policy(), tier, key="issue")
    notes = st.text_area(
        "Notes", placeholder="What was agreed, for colleagues. The customer does not see it.", key="issue-notes"
    )
    whose = typed if known is None else str(known.organization_id)
    own = None if rules == Policy() else rules
    return LicenseRequest(whose, tier.id, period, trial_days, notes or "", name=name.strip() or None, policy=own)


def customer(
    actor: Actor, *, key: str, label: str = "Customer", but: UUID | None = None, new: bool = True
) -> tuple[Customer | None, str]:
    """The customer chosen, or None and what was typed instead; `but` is not among them, `new` lets one be made."""
    page = load(list_customers, actor, CustomerFilter(), now=minute(), limit=_CHOICES)
    known: dict[str, Customer] = {}
    for each in page.customers:
        if each.organization_id == but:
            continue
        known[each.name if each.name not in known else f"{each.name} ({each.install_id})"] = each
    picked = st.selectbox(
        label,
        list(known),
        index=None,
        placeholder=f"Choose a customer, or type the e-mail of {'a new one' if new else 'one'}",
        accept_new_options=True,
        key=key,
    )
    typed = (picked or "").strip()
    return known.get(typed), typed


def _billing(tier: Tier) -> tuple[str, int]:
    """The billing period and the days of trial; the free tier has neither."""
    if tier.rank == 0:
        return "monthly", 0
    left, right = st.columns(2)
    with left:
        period = terms.period("monthly", key="issue-period")
    days = right.number_input(
        "Trial days",
        min_value=0,
        max_value=LONGEST_TRIAL,
        value=_USUAL_TRIAL,
        help="0 means it is paid from today. A trial has no price until you convert it.",
        key="issue-trial",
    )
    return period, int(days)


def _in_words(actor: Actor, tier: Tier, period: str, trial_days: int, currency: str) -> str:
    """What is about to be agreed, in one sentence."""
    if tier.rank == 0:
        return f"{tier.label} has no price and no end."
    price = terms.list_price(actor, tier.id, period, currency)
    costs = f"{say.amount(price.amount)} {terms.PER[period]} at list price" if price else "the list price"
    if trial_days == 0:
        return f"{tier.label}: {costs}, from today until it is revoked."
    ends = clock.now() + timedelta(days=trial_days)
    return f"{tier.label}: a trial until {say.day(ends)}, without a price. Converted, it is {costs}."
