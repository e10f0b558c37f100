"""The button that analyzes a customer anew, for those who may."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture import writes
from pages.parts.load import change_both, told


def button(actor: Actor, install_id: str) -> None:
    """Draw the button; a press computes, keeps and shows the profile as of now."""
    if not actor.may(Permission.CULTURE_RECOMPUTE):
        return
    if st.button("Recompute", icon=":material/refresh:", key="recompute"):
        with told():
            with st.spinner("Reading the roll-ups anew …"), change_both(actor) as (control, telemetry):
                writes.request_recompute(control, telemetry, actor, install_id, now=clock.now())
            st.toast("The profile is as of now.", icon=":material/check:")
            st.rerun()
