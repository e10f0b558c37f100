"""One license: its terms and policy, where it is installed, and why verification answered as it did."""

from datetime import datetime

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.errors import NotFound
from core.licensing.reads import License, installations, license_by_install
from pages.customers import holdings, license_acts, log, matters
from pages.parts import format as say
from pages.parts import links, pills
from pages.parts.cards import card, header
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
        license_acts.menu(actor, held, key="acts")
    _badges(held, clock.now())
    left, right = st.columns(2)
    with left:
        _terms(held)
    with right, card("installs", "Installations").body:
        holdings.installs(load(installations, actor, held.install_id, now=now))
    log.show(actor, held)


def _badges(held: License, now: datetime) -> None:
    matter = matters.sentence(held, now)
    reason = f": “{held.revoke_reason}”" if held.revoke_reason else ""
    marks = f"{pills.inline('status', holdings.state(held))} {pills.inline('tier', held.tier_id)}"
    st.markdown(f"{marks} {say.plain(matter + reason)}")


def _terms(held: License) -> None:
    """Terms and policy in words; a rule that is not there is left out."""
    every = f"every {say.count(held.check_in_days, 'day')}" if held.check_in_days else ""
    lines = {
        "Term": f"{held.term.capitalize()}{', ' + held.billing_period if held.billing_period else ''}",
        "Issued": say.day(held.issued_at),
        "Ends": say.day(held.expires_at) if held.expires_at else "no end",
        "After its end": {"restrict": "stops", "maintain": "what is installed goes on", "allow": "goes on"}[
            held.expiry_strategy
        ],
        "First verified": say.day(held.first_verified_at) if held.first_verified_at else "not yet",
        "Domains": ", ".join(held.domains),
        "Installations": "" if held.max_installs is None else f"at most {say.integer(held.max_installs)}",
        "Seats": "" if held.max_seats is None else f"at most {say.integer(held.max_seats)}",
        "Check-in": every,
        "Fingerprint": "required" if held.fingerprint_required else "",
        "Versions": held.versions or "",
        "Also entitled to": ", ".join(held.entitlements),
        "Notes": held.notes,
    }
    with card("terms", "Terms").body:
        st.table({label: say.plain(value) for label, value in lines.items() if value}, border="horizontal")
