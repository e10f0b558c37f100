"""One person on the People screen: their open sessions, their role, and what can be done about both."""

from datetime import datetime

import pandas as pd
import streamlit as st

from core import clock
from core.access import membership, sessions
from core.access.actor import Actor
from core.access.directory import Person
from core.access.permissions import Permission, Role
from core.errors import CalosError
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, load, told
from pages.security import explanation


def show(actor: Actor, each: Person, now: datetime) -> None:
    """Draw the person below the table."""
    left, right = st.columns([3, 2])
    with left:
        explanation.for_person(each, f"What {each.name} may do as {each.role.value}")
    with right:
        _sessions(actor, each, now)
        _acts(actor, each)


def _sessions(actor: Actor, each: Person, now: datetime) -> None:
    with card("sessions", "Signed in right now", height="content").body:
        try:
            found = load(sessions.list_sessions, actor, each.id, now=now)
        except CalosError as refused:
            st.caption(refused.message)
            return
        if not found:
            st.caption(f"{say.plain(each.name)} is signed in nowhere.")
            return
        frame = pd.DataFrame(
            {
                "where": [f"{row.user_agent[:40]}{' (this one)' if row.current else ''}" for row in found],
                "from": [row.address for row in found],
                "seen": [row.last_seen_at for row in found],
            }
        )
        shown = {"where": columns.text("With"), "from": columns.text("From"), "seen": columns.when("Last seen")}
        columns.table(frame, shown, key="sessions", alt=f"Open sessions of {each.name}.")
        if st.button("Sign out everywhere", icon=":material/logout:", key="everywhere"):
            with told(), change(actor) as session:
                ended = sessions.sign_out_everywhere(session, actor, each.id, now=clock.now())
                st.toast(f"{say.count(ended, 'session')} ended.")
            st.rerun()


def _acts(actor: Actor, each: Person) -> None:
    if str(each.id) == actor.id or not actor.may(Permission.MEMBER_UPDATE_ROLE):
        return
    with card("acts", "Change", height="content").body:
        names = [one.value for one in Role]
        role = Role(st.selectbox("Role", names, index=names.index(each.role.value), format_func=str.capitalize))
        with st.container(horizontal=True):
            if st.button("Give this role", disabled=role is each.role, key="give"):
                _confirm(actor, each, f"Make {each.name} {role.value}?", role)
            word = "Enable" if each.disabled_at else "Disable"
            if st.button(word, key="disable", icon=":material/person_off:"):
                _confirm(actor, each, f"{word} {each.name}?", None)


@st.dialog("Are you sure?")
def _confirm(actor: Actor, each: Person, question: str, role: Role | None) -> None:
    st.markdown(f"**{say.plain(question)}** It takes effect with their next click and is written to the audit trail.")
    if st.button("Yes, do it", type="primary", key="sure"):
        with told(), change(actor) as session:
            if role is not None:
                membership.change_role(session, actor, each.id, role, now=clock.now())
            elif each.disabled_at is not None:
                membership.enable_person(session, actor, each.id, now=clock.now())
            else:
                membership.disable_person(session, actor, each.id, now=clock.now())
        st.rerun()
