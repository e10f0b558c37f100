"""The list of upsells by mail: whether one gets it, how it looks, and one right now."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.accounts.digests import RHYTHMS, TEMPLATE, Rhythm, preview, send_now, subscribe, subscription
from core.config import settings
from core.notify.rendering import render
from core.organizations.mail_brand import mail_brand
from db.session import ReadSession
from pages.parts import format as say
from pages.parts.letter import letter
from pages.parts.load import change, fresh, load, minute, told


def draw(actor: Actor) -> None:
    """Draw the button behind which a person has their digest."""
    with st.popover("By mail", icon=":material/mail:", key="digest"), told("the digest"):
        _choices(actor)


def _choices(actor: Actor) -> None:
    held = load(subscription, actor)
    st.markdown("**Get this list by mail**")
    st.caption(
        "What is worth most, what is new since the last one, and whose limit comes soon: what nobody has taken, and "
        "what is yours."
    )
    picked = st.segmented_control(
        "When",
        list(RHYTHMS),
        default=held.rhythm if held else None,
        format_func=lambda one: RHYTHMS[one],
        key="digest-rhythm",
        label_visibility="collapsed",
    )
    if picked != (held.rhythm if held else None):
        _subscribe(actor, picked)
    if held is not None:
        last = f"The last one was made {say.moment(held.last_at)}." if held.last_at else "The first one is to come."
        st.caption(say.plain(f"It goes to {actor.label}. {last} Click the choice once more to end it."))
    with st.container(horizontal=True):
        if st.button("Send me one now", icon=":material/send:", key="digest-now"):
            _send(actor)
        if st.button("Look at it", icon=":material/visibility:", type="tertiary", key="digest-look"):
            _preview(actor)


def _subscribe(actor: Actor, rhythm: Rhythm | None) -> None:
    with change(actor) as session:
        subscribe(session, actor, rhythm, now=clock.now())
    st.toast(f"You get it: {RHYTHMS[rhythm].lower()}." if rhythm else "You get it no longer.", icon=":material/mail:")
    st.rerun()


def _send(actor: Actor) -> None:
    with change(actor) as session:
        send_now(session, actor, now=clock.now())
    if settings().smtp_url:
        st.toast(f"It is on its way to {actor.label}.", icon=":material/send:")
    else:
        st.toast("No mail server is set: an admin finds it under Settings, Mails.", icon=":material/inbox:")


@st.dialog("Your digest, as it would be sent now", width="large", icon=":material/mail:")
def _preview(actor: Actor) -> None:
    with told("the digest"):
        subject, html = fresh(_rendered, actor)
        st.markdown(f"**{say.plain(subject)}**")
        letter(html, height=560)


def _rendered(session: ReadSession, actor: Actor) -> tuple[str, str]:
    found = preview(session, actor, now=minute())
    brand = mail_brand(session, actor, actor.organization_id)
    return found.subject, render(TEMPLATE, found.subject, {**found.values, "brand": brand}).html
