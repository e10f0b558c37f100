"""Giving a license another tier or billing period, with what that does to the price before it is done."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.cards import refresh_card
from core.accounts.requests import Changed
from core.accounts.writes import change_tier
from core.licensing.reads import License
from core.licensing.transitions import LEGAL, Act, standing
from pages.parts import format as say
from pages.parts import terms
from pages.parts.load import change_both, told


def button(actor: Actor, held: License, currency: str) -> None:
    """The primary action of a customer's page, where the license's standing and the person's role allow it."""
    legal = Act.CHANGE_TIER in LEGAL[standing(held.revoked_at, held.suspended_at)]
    if legal and actor.may(Permission.LICENSE_UPDATE_TIER):
        words = "Convert trial" if held.term == "trial" else "Change tier"
        if st.button(words, type="primary", icon=":material/swap_vert:", key="change-tier"):
            _dialog(actor, held, currency)


@st.dialog("Change tier", icon=":material/swap_vert:")
def _dialog(actor: Actor, held: License, currency: str) -> None:
    body(actor, held, currency)


def body(actor: Actor, held: License, currency: str) -> None:
    """The new tier and period, the price they come to, and why."""
    label = terms.by_id(actor)[held.tier_id].label
    st.markdown(f"**{say.plain(held.organization_name)}** is on {say.plain(_terms(held, label))}.")
    tier = terms.tier(actor, held.tier_id, key="tier-new")
    period = held.billing_period or "monthly"
    if tier.rank:
        period = terms.period(period, key="tier-period")
        price = terms.list_price(actor, tier.id, period, currency)
        if price is not None:
            costs = f"{tier.label} is {say.amount(price.amount)} {terms.PER[period]} at list price"
            st.caption(say.plain(f"{costs}: {say.amount(price.mrr)} of MRR."))
    reason = st.text_input("Reason", placeholder="What was agreed, and with whom", key="tier-reason", max_chars=1_000)
    same = held.term != "trial" and (tier.id, period) == (held.tier_id, held.billing_period or period)
    words = "Choose another tier or billing period" if same else f"Give them {tier.label}"
    if st.button(words, type="primary", key="tier-confirm", width="stretch", disabled=same):
        with told():
            st.toast(_said(_change(actor, held, tier.id, period, reason or "")))
            st.rerun()


def _change(actor: Actor, held: License, tier: str, period: str, reason: str) -> Changed:
    with change_both(actor) as (session, telemetry):
        now = clock.now()
        changed = change_tier(session, actor, held.install_id, tier, period, now=now, reason=reason)
        refresh_card(session, telemetry, held.organization_id, now=now)
    return changed


def _said(changed: Changed) -> str:
    moved = "" if changed.movement is None else f" MRR {say.amount(changed.movement.change, sign=True)}."
    return say.plain(f"Now on {changed.after.tier_id.title()}.{moved}")


def _terms(held: License, label: str) -> str:
    if held.term == "trial":
        return f"a trial of {label} until {say.day(held.expires_at)}"
    return label if held.billing_period is None else f"{label}, {terms.PERIODS[held.billing_period].lower()}"
