"""One customer: who they are in a line, how they do, what they pay, what comes next, and everything behind it."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.profile import CustomerProfile, profile
from core.errors import NotFound
from pages.customers import (
    about,
    billed,
    culture_brief,
    found,
    glance,
    holdings,
    license_menu,
    limits_used,
    story,
    tier_change,
)
from pages.parts import session, terms
from pages.parts.cards import header, tiles
from pages.parts.load import load_both, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CUSTOMER_READ)
    with told("this customer"):
        try:
            install_id = found.install_id(actor)
            known = load_both(profile, actor, install_id, now=minute()) if install_id else None
        except NotFound as missing:
            _nobody(actor, missing.message)
            return
        if known is None:
            _nobody(actor, "")
        else:
            _customer(actor, known)


def _nobody(actor: Actor, why: str) -> None:
    header("Customer", "Everything about one of them, by its install id or by name.")
    if why:
        st.warning(why, icon=":material/search_off:")
    found.picker(actor)


def _customer(actor: Actor, known: CustomerProfile) -> None:
    now, held = minute(), known.subscription.license
    seen_at = clock.now()
    with header(known.customer.name, glance.sentence(known, seen_at)):
        license_menu.menu(actor, held, key="acts")
        tier_change.button(actor, held, terms.currency_for(known.customer))
    glance.badges(known)
    tiles(glance.tiles(actor, known, seen_at))
    left, right = st.columns([5, 4])
    culture_brief.show(actor, held.install_id, now, facts=left, score=right)
    with left:
        story.show(actor, known.customer.organization_id)
        holdings.show(actor, known.customer, now)
    with right:
        limits_used.show(known.usage)
        billed.show(actor, known)
        about.show(actor, known)
