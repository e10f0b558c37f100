"""What can be done with an open upsell: give it to somebody, note a call or words, let it sleep, close it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.culture import writes
from core.culture.upsell_contacts import LONGEST_NOTE, record_contact
from core.culture.upsell_reads import Upsell
from pages.customers import upsell_won
from pages.customers.upsell_many import colleagues
from pages.parts import format as say
from pages.parts.load import change, told

_NAPS: Final = {"A week": timedelta(days=7), "Two weeks": timedelta(days=14), "A month": timedelta(days=30)}
_OUTCOMES: Final[dict[Literal["won", "lost", "ignored"], str]] = {
    "won": "They take it.",
    "lost": "They don't want it.",
    "ignored": "It was no opportunity.",
}


def show(actor: Actor, each: Upsell, now: datetime) -> None:
    """Draw the acts; each is written to the audit trail and closes the drawer."""
    st.divider()
    _call(actor, each)
    _assign(actor, each)
    _snooze(actor, each, now)
    _note(actor, each)
    with st.expander("Close it: won, lost or no opportunity"):
        _close(actor, each)


def _do(actor: Actor, done: str, write: Callable[..., None], *given: Any) -> None:
    with told():
        with change(actor) as session:
            write(session, actor, *given, now=clock.now())
        st.toast(done, icon=":material/check:")
        st.rerun()


def _call(actor: Actor, each: Upsell) -> None:
    with st.popover("I called them", icon=":material/call:", key=f"call-{each.id}"):
        st.caption("It stays on your list. Nothing else is offered to this customer for 30 days.")
        words = st.text_input("What was said", key=f"said-{each.id}", max_chars=LONGEST_NOTE)
        if st.button("Note the call", key=f"do-call-{each.id}", type="primary"):
            _do(actor, "The call is noted.", record_contact, each.id, words or "")


def _assign(actor: Actor, each: Upsell) -> None:
    # Somebody who has left may still have it.
    choices = colleagues(actor, also=each.assigned_to)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        to = st.selectbox(
            "Who has it",
            choices,
            index=choices.index(each.assigned_to or ""),
            format_func=lambda email: email or "Nobody",
            key=f"assign-{each.id}",
            width=230,
        )
        if st.button("Assign", key=f"do-assign-{each.id}", disabled=(to or None) == each.assigned_to):
            _do(actor, f"{to or 'Nobody'} has it now.", writes.assign, each.id, to or None)
        takeable = actor.label in choices and each.assigned_to != actor.label
        if takeable and st.button("I take it", key=f"take-{each.id}", icon=":material/back_hand:"):
            _do(actor, "It is yours.", writes.assign, each.id, actor.label)


def _snooze(actor: Actor, each: Upsell, now: datetime) -> None:
    if each.snoozed_until is not None and each.snoozed_until > now:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"It sleeps until {say.day(each.snoozed_until)}.", width="content")
            if st.button("Wake it", key=f"wake-{each.id}", icon=":material/alarm:"):
                _do(actor, "It is awake.", writes.snooze, each.id, None)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        nap = st.segmented_control("Snooze for", list(_NAPS), key=f"nap-{each.id}")
        if st.button("Snooze", key=f"snooze-{each.id}", icon=":material/snooze:", disabled=nap is None) and nap:
            _do(actor, f"It sleeps for {nap.lower()}.", writes.snooze, each.id, clock.now() + _NAPS[nap])


def _note(actor: Actor, each: Upsell) -> None:
    words = st.text_area("Note", each.note or "", max_chars=writes.LONGEST_NOTE, height=90, key=f"note-{each.id}")
    if st.button("Keep the note", key=f"keep-{each.id}"):
        _do(actor, "The note is kept.", writes.note, each.id, words or "")


def _close(actor: Actor, each: Upsell) -> None:
    st.markdown(
        f"This ends “{say.plain(each.offer_label)}” for **{say.plain(each.organization)}**. The rule's precision "
        "learns from it, and the same offer rests for 90 days."
    )
    outcome = st.segmented_control(
        "Outcome", list(_OUTCOMES), format_func=str.capitalize, key=f"outcome-{each.id}", label_visibility="collapsed"
    )
    reason = st.text_input(
        "Reason", placeholder=_OUTCOMES.get(outcome, "Why?") if outcome else "Why?", key=f"reason-{each.id}"
    )
    ready = outcome is not None and bool((reason or "").strip())
    label = f"Close as {outcome}" if outcome else "Close"
    if st.button(label, key=f"close-{each.id}", type="primary", disabled=not ready) and outcome is not None:
        if outcome == "won":
            upsell_won.remember(each)
        _do(actor, f"Closed as {outcome}.", writes.close, each.id, outcome, reason or "")
