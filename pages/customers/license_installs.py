"""The installations of a license, and one of them retired."""

import streamlit as st

from core.access.actor import Actor
from core.licensing.acts import NEEDS
from core.licensing.handover import retire_installation
from core.licensing.reads import Installation, License, Tier, installations
from core.licensing.transitions import LEGAL, Act, standing
from pages.customers import holdings, license_change
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute, told

_UNNAMED = "(unnamed)"


def show(actor: Actor, held: License, tier: Tier) -> None:
    """Draw the card; whoever may retires one."""
    found = load(installations, actor, held.install_id, now=minute())
    most = held.max_installs if held.max_installs is not None else tier.max_installs
    of = "" if most is None else f" of {say.integer(most)}"
    place = card("installs", "Installations", f"{say.integer(len(found))}{of} activated", height="content")
    with place.body:
        holdings.installs(found)
    legal = Act.RETIRE_INSTALLATION in LEGAL[standing(held.revoked_at, held.suspended_at)]
    if found and legal and actor.may(NEEDS[Act.RETIRE_INSTALLATION]):
        with place.right:
            if st.button("Retire one…", icon=":material/delete:", key="retire"):
                _dialog(actor, held, found)


@st.dialog("Retire an installation", icon=":material/delete:")
def _dialog(actor: Actor, held: License, found: tuple[Installation, ...]) -> None:
    body(actor, held, found)


def body(actor: Actor, held: License, found: tuple[Installation, ...]) -> None:
    """Which one, what that does, why."""
    named = {each.fingerprint: each for each in found}
    picked = st.selectbox(
        "Installation",
        list(named),
        format_func=lambda print_: _named(named[print_]),
        index=None,
        key="retire-which",
        placeholder="Choose one",
    )
    st.warning(
        "Its place and the seats taken there are free. If it still runs, it is a new installation when it next asks.",
        icon=":material/warning:",
    )
    reason = license_change.reason("retire-reason")
    if st.button("Retire it", type="primary", icon=":material/delete:", key="retire-confirm", disabled=picked is None):
        with told():
            license_change.written(actor, held, retire_installation, picked, reason=reason)
            st.toast("Retired.")
            st.rerun()


def _named(each: Installation) -> str:
    known = [each.fingerprint or _UNNAMED, each.domain or "", f"last seen {say.day(each.last_seen_at)}"]
    return ", ".join(word for word in known if word)
