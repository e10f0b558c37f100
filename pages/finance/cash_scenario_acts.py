"""Acts upon scenarios: saving the levers under a name, setting them as saved, going back to the base, forgetting."""

from dataclasses import asdict

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.saved_scenarios import LONGEST_NAME, Scenario, delete_scenario, save_scenario
from core.finance.scenarios import Levers
from pages.parts import format as say
from pages.parts.load import change, told


def buttons(actor: Actor, levers: Levers) -> None:
    """Below the levers: back to the base case, and saving for who may."""
    with st.container(horizontal=True, key="scenario-acts"):
        st.button("Base case", icon=":material/restart_alt:", key="scenario-reset", on_click=_set, args=(Levers(),))
        if actor.may(Permission.FINANCE_MANAGE_COSTS) and st.button(
            "Save", icon=":material/save:", key="scenario-save"
        ):
            _dialog(actor, levers)


def of_saved(actor: Actor, each: Scenario, *, may: bool) -> None:
    """What can be done with a saved one that is picked."""
    st.button("Set the levers", icon=":material/tune:", key=f"take-{each.id}", on_click=_set, args=(each.levers,))
    if may and st.button("Delete", icon=":material/delete:", key=f"forget-{each.id}"):
        _forget(actor, each)


@st.dialog("Save the scenario", icon=":material/save:")
def _dialog(actor: Actor, levers: Levers) -> None:
    body(actor, levers)


def body(actor: Actor, levers: Levers) -> None:
    """What the dialog shows."""
    name = st.text_input("Name", placeholder="Board plan", max_chars=LONGEST_NAME, key="scenario-name")
    st.caption(
        "Saved with where cash would be, so that the plan can be held against what comes. A known name is replaced."
    )
    if st.button("Save it", type="primary", key="scenario-confirm", width="stretch"):
        with told():
            with change(actor) as session:
                made = save_scenario(session, actor, name or "", levers, now=clock.now())
            st.toast(say.plain(f"“{made.name}” is saved."), icon=":material/check:")
            st.rerun()


@st.dialog("Delete the scenario", icon=":material/delete:")
def _forget(actor: Actor, each: Scenario) -> None:
    st.markdown(f"**{say.plain(each.name)}** goes, with what it foresaw. Nothing that is booked changes.")
    if st.button("Delete it", type="primary", key=f"forget-confirm-{each.id}", width="stretch"):
        with told():
            with change(actor) as session:
                delete_scenario(session, actor, each.id, now=clock.now())
            st.rerun()


def _set(levers: Levers) -> None:
    for name, value in asdict(levers).items():
        st.session_state[name] = value
