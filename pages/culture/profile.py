"""Culture profile: how one customer really uses the product, and how sure that is."""

from datetime import datetime

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts import reads as accounts
from core.accounts.customers import Customer
from core.culture import reads
from core.culture.profile import Profile
from core.errors import NotFound
from pages.culture import (
    changes,
    feature_map,
    glance,
    history,
    limits,
    opportunities,
    people,
    picker,
    recompute,
    rhythm,
    technology,
    unheard,
)
from pages.parts import format as say
from pages.parts import links, session
from pages.parts.cards import header
from pages.parts.load import load, load_both, minute


def page() -> None:
    """Draw the screen: without an install id the customers to choose from."""
    actor = session.require(Permission.CULTURE_READ)
    install_id = st.query_params.get("install_id", "")
    if not install_id:
        picker.show(actor)
        return
    now = minute()
    try:
        customer = load(accounts.customer_of_install, actor, install_id, now=now)
        found = load_both(reads.profile, actor, install_id, now)
    except NotFound:
        st.warning(f"No customer has the install id {say.plain(install_id)}. Choose one below.", icon=":material/info:")
        picker.show(actor)
        return
    _head(actor, customer, found, now)
    if found.counts.first_event_at is None:
        unheard.show(found)
        return
    _body(actor, customer, found, now)


def _head(actor: Actor, customer: Customer, found: Profile, now: datetime) -> None:
    span = f"{say.day(found.window.first_day, year=False)} to {say.day(found.window.last_day)}"
    covers = f"Culture of the {found.tier_label} customer over {found.window.days} days, {span}."
    with header(customer.name, f"{covers} Computed {say.relative(found.computed_at, now)}."):
        links.customer("Customer", customer.install_id, icon="domain")
        picker.back()
        recompute.button(actor, found.install_id)


def _body(actor: Actor, customer: Customer, found: Profile, now: datetime) -> None:
    glance.show(found)
    glance.counts(found)
    history.show(actor, found, now)
    changes.show(found)
    feature_map.show(found.features)
    rhythm.show(found.rhythm)
    people.show(found)
    technology.show(found)
    limits.show(found.usage)
    opportunities.show(actor, customer.name, found)
    opportunities.unsaid(found.unsaid)
