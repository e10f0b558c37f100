"""Taking an entry back by its mirror image: a button, and a dialog that names the entry and asks why."""

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.finance.booked import Booked
from pages.parts import format as say
from pages.parts.load import change, told

Reverse = Callable[..., UUID]


def state(each: Booked) -> str:
    """What became of an entry."""
    return "Reversal" if each.reverses else "Reversed" if each.reversed_by else ""


def button(actor: Actor, each: Booked, what: str, reverse: Reverse) -> None:
    """The act, where it is still possible."""
    done = bool(state(each))
    if st.button("Reverse it", icon=":material/undo:", key=f"reverse-{each.id}", disabled=done):
        _dialog(actor, each, what, reverse)


@st.dialog("Reverse an entry", icon=":material/undo:")
def _dialog(actor: Actor, each: Booked, what: str, reverse: Reverse) -> None:
    body(actor, each, what, reverse)


def body(actor: Actor, each: Booked, what: str, reverse: Reverse) -> None:
    """What the dialog shows."""
    st.markdown(
        f"**{say.plain(what)}**, {say.plain(say.amount(each.amount, sign=True))}: an entry of the opposite amount is "
        "added on the same day. Figures of that day change; both entries stay in the books."
    )
    reason = st.text_input("Reason", placeholder="What was wrong with it", max_chars=500, key=f"why-{each.id}")
    given = bool((reason or "").strip())
    if st.button("Reverse it", type="primary", key=f"confirm-{each.id}", width="stretch", disabled=not given):
        with told():
            with change(actor) as session:
                reverse(session, actor, each.id, reason=reason or "", now=clock.now())
            st.toast("Reversed.", icon=":material/check:")
            st.rerun()
