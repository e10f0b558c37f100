"""A new install secret for a license: the old one stops proving anything, the new one is shown once."""

import streamlit as st

from core.access.actor import Actor
from core.licensing.handover import rotate_secret
from core.licensing.reads import License, installations
from pages.customers import license_change
from pages.parts import format as say
from pages.parts import handover
from pages.parts.load import load, minute, told


def dialog(actor: Actor, held: License) -> None:
    """Open the dialog, with no secret of an earlier one in it."""
    handover.forget()
    _dialog(actor, held)


@st.dialog("New install secret", width="medium", icon=":material/key:", on_dismiss=handover.forget)
def _dialog(actor: Actor, held: License) -> None:
    body(actor, held)


def body(actor: Actor, held: License) -> None:
    """What a new secret does to those who have the old one, and once it is made, its handover."""
    made: str | None = st.session_state.get(handover.SLOT)
    if made is not None:
        with st.container(key="handover-rotated"):
            st.success("The old secret proves nothing any more.", icon=":material/check_circle:")
            handover.show(held.install_id, made)
        return
    running = len(load(installations, actor, held.install_id, now=minute()))
    st.markdown(f"**A new install secret for {say.plain(held.organization_name)}?** The old one is refused at once.")
    touched = f"{say.count(running, 'installation')} must be given the new one" if running else "Nobody uses it yet"
    st.warning(
        f"{touched}. Until then they are told the verdict alone: no check-in, no telemetry, no seats.",
        icon=":material/warning:",
    )
    st.code(held.install_id, language=None)
    reason = license_change.reason("secret-reason")
    if st.button("Make a new secret", type="primary", icon=":material/key:", key="secret-confirm"):
        with told():
            st.session_state[handover.SLOT] = license_change.written(actor, held, rotate_secret, reason=reason)
            st.rerun(scope="fragment")
