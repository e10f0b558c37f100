"""Signing the monthly review: somebody says that they have looked, and what they found."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.security.scoring import Assessment
from core.security.writes import LONGEST_NOTE, SHORTEST_NOTE, sign_review
from pages.parts import format as say
from pages.parts.load import change, told


def button(actor: Actor, found: Assessment) -> None:
    """Offer to sign, to whoever may change security policy."""
    if actor.may(Permission.SECURITY_MANAGE_POLICY) and st.button(
        "Sign this month's review", icon=":material/draw:", type="primary", key="sign"
    ):
        _sign(actor, found)


@st.dialog("Sign this month's review")
def _sign(actor: Actor, found: Assessment) -> None:
    st.markdown(
        "You put your name to having gone through this page and the audit trail. What was unusual until now then "
        "counts as looked at, for a month. It stays in the audit trail."
    )
    waiting = [one for one in found.checks if one.id in {"unusual", "chain_verified"}]
    for one in waiting:
        st.caption(f"{say.plain(one.title)}: {say.plain(one.detail)}")
    note = st.text_area(
        "What did you look at, and what did you find?", key="note", max_chars=LONGEST_NOTE,
        placeholder="Refused sign-ins of Sam on Saturday: he had forgotten his password, asked him.",
    )  # fmt: skip
    ready = len(note.strip()) >= SHORTEST_NOTE
    if st.button("Sign", type="primary", key="signed"):
        if not ready:
            st.error(f"Say it in at least {SHORTEST_NOTE} characters.", icon=":material/error:")
            return
        with told():
            with change(actor) as session:
                sign_review(session, actor, note, now=clock.now())
            st.rerun()
