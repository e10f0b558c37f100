"""One license: terms and policy, where it is installed, who sits on it, its files, and why it answered as it did."""

from datetime import datetime

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.reads import customer_of_install
from core.errors import NotFound
from core.licensing.reads import License, license_by_install
from pages.customers import (
    holdings,
    license_files,
    license_installs,
    license_menu,
    license_seats,
    license_terms,
    log,
    matters,
    tier_change,
)
from pages.parts import format as say
from pages.parts import links, pills, terms
from pages.parts.cards import header
from pages.parts.load import load, minute


def show(actor: Actor, install_id: str) -> None:
    """Draw the license that the address names."""
    now = minute()
    try:
        held = load(license_by_install, actor, install_id, now=now)
    except NotFound as missing:
        st.warning(missing.message, icon=":material/search_off:")
        links.link("licenses", "All licenses", icon="arrow_back")
        return
    with header(held.install_id, f"License of {held.organization_name}"):
        links.link("licenses", "Licenses", icon="arrow_back")
        links.customer("Customer", held.install_id, icon="domain")
        license_menu.menu(actor, held, key="acts")
        tier_change.button(actor, held, _currency(actor, install_id, now))
    _badges(held, clock.now())
    tier = terms.by_id(actor)[held.tier_id]
    left, right = st.columns(2)
    with left:
        license_terms.show(held, tier)
    with right:
        license_installs.show(actor, held, tier)
        license_seats.show(actor, held)
    license_files.show(actor, held)
    log.show(actor, held)


def _currency(actor: Actor, install_id: str, now: datetime) -> str:
    """What they pay in; a customer of this second has no card yet that would tell."""
    try:
        return terms.currency_for(load(customer_of_install, actor, install_id, now=now))
    except NotFound:
        return terms.currency_for(None)


def _badges(held: License, now: datetime) -> None:
    matter = matters.sentence(held, now)
    reason = f": “{held.revoke_reason}”" if held.revoke_reason else ""
    marks = f"{pills.inline('status', holdings.state(held))} {pills.inline('tier', held.tier_id)}"
    st.markdown(f"{marks} {say.plain(matter + reason)}")
