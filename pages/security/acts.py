"""What can be done to a person or their sessions: each act named, confirmed, and given a reason that is kept."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import streamlit as st

from core import clock
from core.access import membership, sessions
from core.access.actor import Actor
from core.access.directory import Person
from core.access.permissions import Permission, Role
from core.access.sessions import SessionRow
from db.session import WriteSession
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, told

# Called with the session, the actor and, by name, the time and the reason.
Act = Callable[..., object]
SHORTEST_REASON = 4


def on_person(actor: Actor, each: Person) -> None:
    """Offer another role, and to disable or enable, to whoever may."""
    if str(each.id) == actor.id or not actor.may(Permission.MEMBER_UPDATE_ROLE):
        return
    with card("acts", "Change", height="content").body:
        names = [one.value for one in Role]
        role = Role(st.selectbox("Role", names, index=names.index(each.role.value), format_func=str.capitalize))
        with st.container(horizontal=True):
            if st.button("Give this role", disabled=role is each.role, key="give"):
                touched = f"What {each.name} may do changes with their next click."
                confirm(actor, f"Make {each.name} {role.value}?", touched, _role(each.id, role))
            if each.disabled_at and st.button("Enable", key="enable", icon=":material/person_check:"):
                touched = f"{each.name} can sign in again, with the password they had."
                confirm(actor, f"Enable {each.name}?", touched, partial(_enable, each.id))
            if not each.disabled_at and st.button("Disable", key="disable", icon=":material/person_off:"):
                touched = f"{say.count(each.sessions, 'session')} of {each.name} ends now. What they did stays theirs."
                confirm(actor, f"Disable {each.name}?", touched, partial(_disable, each.id))


def on_sessions(actor: Actor, each: Person, picked: SessionRow | None) -> None:
    """Offer to end the session that is selected, and all of them."""
    with st.container(horizontal=True):
        if picked is not None and st.button("End this session", icon=":material/logout:", key="end"):
            touched = f"{picked.user_agent[:60]} from {picked.address} is signed out with its next click."
            confirm(actor, f"End this session of {each.name}?", touched, partial(_end, picked.id))
        if st.button("Sign out everywhere", icon=":material/logout:", key="everywhere"):
            touched = f"{say.count(each.sessions, 'session')} of {each.name} ends; they sign in again to go on."
            confirm(actor, f"Sign {each.name} out everywhere?", touched, partial(_everywhere, each.id))


@st.dialog("Are you sure?")
def confirm(actor: Actor, question: str, touched: str, act: Act) -> None:
    """Ask, saying what is touched, and do it once a reason is given."""
    st.markdown(f"**{say.plain(question)}** {say.plain(touched)}")
    reason = st.text_input("Reason", key="reason", max_chars=200, placeholder="Left the company").strip()
    st.caption("It stays in the audit trail.")
    if st.button("Yes, do it", type="primary", key="sure"):
        if len(reason) < SHORTEST_REASON:
            st.error("Say in a few words why.", icon=":material/error:")
            return
        with told():
            with change(actor) as session:
                act(session, actor, now=clock.now(), reason=reason)
            st.rerun()


def _role(person_id: UUID, role: Role) -> Act:
    return lambda session, actor, **given: membership.change_role(session, actor, person_id, role, **given)


def _enable(person_id: UUID, session: WriteSession, actor: Actor, *, now: datetime, reason: str) -> None:
    membership.enable_person(session, actor, person_id, now=now, reason=reason)


def _disable(person_id: UUID, session: WriteSession, actor: Actor, *, now: datetime, reason: str) -> None:
    membership.disable_person(session, actor, person_id, now=now, reason=reason)


def _end(session_id: UUID, session: WriteSession, actor: Actor, *, now: datetime, reason: str) -> None:
    sessions.revoke_session(session, actor, session_id, now=now, reason=reason)


def _everywhere(person_id: UUID, session: WriteSession, actor: Actor, *, now: datetime, reason: str) -> None:
    sessions.sign_out_everywhere(session, actor, person_id, now=now, reason=reason)
