"""One mail as its reader sees it, in a frame of its own."""

from uuid import UUID

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.notify.reads import Mail, mail_by_id
from core.notify.writes import send_again
from pages.parts import format as say
from pages.parts import pills
from pages.parts.letter import letter
from pages.parts.load import change, fresh, told


def show(actor: Actor, mail_id: UUID) -> None:
    """Open the mail."""
    with told("this mail"):
        found = fresh(mail_by_id, actor, mail_id)
        st.dialog(say.plain(found.subject), width="large", icon=":material/mail:")(_body)(actor, found)


def _body(actor: Actor, found: Mail) -> None:
    when = f"sent {say.moment(found.sent_at)}" if found.sent_at else f"written {say.moment(found.made_at)}"
    said = f"To {say.plain(found.recipient)}, from {say.plain(found.from_name)}, {say.plain(when)}"
    st.markdown(f"{pills.inline('sending', found.state)} {said}")
    if found.error:
        st.caption(say.plain(found.error))
    looks, words = st.tabs(["As it looks", "As text"])
    with looks:
        letter(found.html, height=560)
    with words:
        st.code(found.text, language=None, wrap_lines=True)
    _again(actor, found)


def _again(actor: Actor, found: Mail) -> None:
    if found.state not in {"kept", "failed"} or not actor.may(Permission.SECURITY_MANAGE_POLICY):
        return
    if st.button("Send it now", icon=":material/send:", key=f"send-{found.id}"):
        with told():
            with change(actor) as session:
                send_again(session, actor, found.id, now=clock.now())
            st.toast("It is on its way.", icon=":material/send:")
            st.rerun()
