"""What can be done with a destination: tested, filled, changed, switched, given another secret, removed."""

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.happenings import send_open_upsells
from core.notify import destination_writes as writes
from core.notify.deliveries import send_test
from core.notify.destinations import LONGEST_NAME, Destination
from pages.parts import filters, links
from pages.parts import format as say
from pages.parts.load import change, told
from pages.settings import destination_dialog

_SECRET: Final = "destination-secret"  # noqa: S105 - the name of a place, not a secret
_CRM: Final = ("hubspot", "salesforce")


def test_button(actor: Actor, each: Destination) -> None:
    """The primary action: send a test."""
    if st.button("Send a test", type="primary", icon=":material/send:", key="test", disabled=not each.enabled):
        _do(actor, "A test is on its way; its outcome shows in the log.", send_test, each.id)


def buttons(actor: Actor, each: Destination) -> None:
    """The other acts, behind one button."""
    with st.popover("Change", icon=":material/settings:", key="change-destination"):
        if _act("Name, address, what it is told of", "edit"):
            _edit(actor, each)
        if each.kind in _CRM and _act("Send every open upsell now", "upload", disabled=not each.enabled):
            _do(actor, "Every open upsell that it has not heard of is on its way.", send_open_upsells, each.id)
        if each.kind == "webhook" and _act("New signing secret", "key"):
            st.session_state.pop(_SECRET, None)
            _rotate(actor, each)
        if _act(*(("Switch it off", "pause_circle") if each.enabled else ("Switch it on", "play_circle"))):
            _switch(actor, each)
        if _act("Remove it", "delete"):
            _remove(actor, each)


def _act(words: str, icon: str, *, disabled: bool = False) -> bool:
    return st.button(words, icon=f":material/{icon}:", type="tertiary", key=f"act-{icon}", disabled=disabled)


def _do(actor: Actor, done: str, write: Callable[..., Any], *given: Any, **named: Any) -> None:
    with told():
        with change(actor) as session:
            write(session, actor, *given, now=clock.now(), **named)
        st.toast(done, icon=":material/check:")
        st.rerun()


@st.dialog("Change this destination", icon=":material/edit:")
def _edit(actor: Actor, each: Destination) -> None:
    change_form(actor, each)


def change_form(actor: Actor, each: Destination) -> None:
    """Everything that can be changed; what is left empty stays."""
    name = st.text_input("Name", each.name, max_chars=LONGEST_NAME, key="edit-name")
    url = ""
    if each.kind != "hubspot":
        url = st.text_input("Another address", placeholder=each.url, key="edit-url") or ""
    secrets = destination_dialog.secret_fields(each.kind, "edit")
    events = destination_dialog.event_choice(each.kind, list(each.events), "edit")
    st.caption("What is left empty stays as it is.")
    if st.button("Keep the change", type="primary", key="edit-keep", disabled=not (name and events)):
        changed = {"name": name, "url": url.strip() or None, "events": events, "secrets": secrets or None}
        _do(actor, "Changed.", writes.change_destination, each.id, **changed)


@st.dialog("New signing secret", icon=":material/key:")
def _rotate(actor: Actor, each: Destination) -> None:
    confirm_rotation(actor, each)


def confirm_rotation(actor: Actor, each: Destination) -> None:
    """What another secret means, the button that makes it, and the secret until somebody is done with it."""
    place = st.empty()
    if _SECRET not in st.session_state:
        with place.container(), told():
            _rotation(actor, each)
    if _SECRET in st.session_state:
        with place.container():
            destination_dialog.handover(_SECRET)


def _rotation(actor: Actor, each: Destination) -> None:
    st.markdown(
        f"**{say.plain(each.name)}** gets another secret. For 24 hours messages are signed with both, so that the "
        "receiver can change over without missing any."
    )
    if st.button("Make it", type="primary", key="rotate-make"):
        with change(actor) as session:
            made = writes.rotate_secret(session, actor, each.id, now=clock.now())
        st.session_state[_SECRET] = (each.name, made)


@st.dialog("Are you sure?")
def _switch(actor: Actor, each: Destination) -> None:
    confirm_switch(actor, each)


def confirm_switch(actor: Actor, each: Destination) -> None:
    """What switching does, the reason, and the button that does it."""
    if each.enabled:
        st.markdown(f"**Switch {say.plain(each.name)} off?** What happens meanwhile is not sent to it, nor later.")
    else:
        st.markdown(f"**Switch {say.plain(each.name)} on?** It is told of what happens from now on.")
    reason = st.text_area("Reason", placeholder="Why? Kept in the audit trail.", key="switch-reason", max_chars=500)
    word = "Switch it off" if each.enabled else "Switch it on"
    if st.button(word, type="primary", key="switch-confirm", disabled=not (reason or "").strip()):
        _do(actor, "Done.", writes.switch, each.id, enabled=not each.enabled, reason=reason or "")


@st.dialog("Are you sure?")
def _remove(actor: Actor, each: Destination) -> None:
    confirm_removal(actor, each)


def confirm_removal(actor: Actor, each: Destination) -> None:
    """What goes with it, the reason, and the button that removes it."""
    st.markdown(
        f"**Remove {say.plain(each.name)}?** Its secrets and its log go with it, and it is told of nothing more. What "
        "it was sent stays where it is."
    )
    reason = st.text_area("Reason", placeholder="Why? Kept in the audit trail.", key="remove-reason", max_chars=500)
    if st.button("Remove it", type="primary", key="remove-confirm", disabled=not (reason or "").strip()):
        with told():
            with change(actor) as session:
                writes.remove_destination(session, actor, each.id, reason=reason or "", now=clock.now())
            filters.go(links.to("destinations"), {})
