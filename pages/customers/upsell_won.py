"""What follows a sale: whoever closed an offer of a tier as won is led to the dialog that changes it."""

from datetime import datetime
from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.accounts.reads import customer_of_install
from core.culture.upsell_reads import Upsell
from core.licensing.reads import license_by_install
from pages.customers import tier_change
from pages.parts import format as say
from pages.parts import terms
from pages.parts.load import load

_WON: Final = "upsell-won"
_SELLS_A_TIER: Final = ("tier", "convert")


def remember(each: Upsell) -> None:
    """Note that this was won, for the page to go on from."""
    if each.kind in _SELLS_A_TIER:
        st.session_state[_WON] = (each.install_id, each.offer)


def show(actor: Actor, now: datetime) -> None:
    """Draw the way to the new tier, until it is given or put off."""
    install_id, offer = st.session_state.get(_WON, (None, None))
    if install_id is None:
        return
    held = load(license_by_install, actor, install_id, now=now)
    if held.tier_id == offer and held.term != "trial":
        st.session_state.pop(_WON)
        return
    known = terms.by_id(actor)
    words = known[offer].label if offer in known else "a custom agreement"
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="upsell-won-card"):
        name = say.plain(held.organization_name)
        st.markdown(f":material/celebration: **{name}** takes {say.plain(words)}. Their license does not know it yet.")
        customer = load(customer_of_install, actor, install_id, now=now)
        if "tier-new" not in st.session_state and offer in known:
            st.session_state["tier-new"] = offer
        tier_change.button(actor, held, terms.currency_for(customer))
        st.button("Later", key="upsell-won-later", type="tertiary", on_click=_forget)


def _forget() -> None:
    st.session_state.pop(_WON, None)
    st.session_state.pop("tier-new", None)
