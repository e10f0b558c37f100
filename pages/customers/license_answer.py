"""Answering an activation request: the file that a machine without a connection wrote, and the one it gets for it."""

from datetime import datetime
from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.config import settings
from core.errors import InvalidInput
from core.licensing import activation_requests, file_making
from core.licensing.activation_requests import ActivationRequest
from core.licensing.armor import LONGEST
from core.licensing.file_register import IssuedFile
from core.licensing.file_terms import Terms
from core.licensing.reads import License
from core.signing import open_ring
from db.session import WriteSession
from pages.customers import license_change, license_file_making
from pages.parts import format as say
from pages.parts.load import told

_ANSWERED: Final = "request-answered"


def button(actor: Actor, held: License) -> None:
    """The button that opens the dialog, with no answer of an earlier one in it."""
    if st.button("Answer an activation request", icon=":material/mark_email_read:", key="answer-request"):
        _forget()
        _dialog(actor, held)


def _forget() -> None:
    st.session_state.pop(_ANSWERED, None)


@st.dialog("Answer an activation request", width="medium", icon=":material/mark_email_read:", on_dismiss=_forget)
def _dialog(actor: Actor, held: License) -> None:
    body(actor, held)


def body(actor: Actor, held: License) -> None:
    """The request, what it asks for, and for how long; once it is answered, the file to carry back."""
    made: IssuedFile | None = st.session_state.get(_ANSWERED)
    if made is not None:
        license_file_making.hand_over(held, made)
        return
    text = _text()
    asked = None
    with told():
        asked = _asked(held, text)
    terms = license_file_making.length(held, key="answer")
    st.warning(file_making.UNRECALLABLE, icon=":material/warning:")
    if st.button("Answer it", type="primary", key="answer-confirm", width="stretch", disabled=asked is None):
        with told():
            st.session_state[_ANSWERED] = _answer(actor, held, text, terms)
            st.rerun(scope="fragment")


def _text() -> str:
    """What was uploaded, else what was pasted; white space around a paste is nobody's change to it."""
    given = st.file_uploader("The request's file", key="answer-file", max_upload_size=1)
    pasted = st.text_area(
        "Or paste it",
        placeholder="-----BEGIN CALOS ACTIVATION REQUEST-----",
        height=120,
        max_chars=LONGEST,
        key="answer-text",
    )
    return (given.getvalue().decode("utf-8", errors="replace") if given else pasted or "").strip()


def _asked(held: License, text: str) -> ActivationRequest | None:
    """What is asked, said before it is answered; None while nothing is given."""
    if not text:
        return None
    asked = activation_requests.read(text)
    if asked.install_id != held.install_id:
        raise InvalidInput(f"This request is of the license {asked.install_id[:80]}, not of this one: answer it there.")
    _says(asked)
    return asked


def _says(asked: ActivationRequest) -> None:
    """What the request asks for, and whether the answer is encrypted."""
    known = [asked.fingerprint, asked.domain or "", f"version {asked.host_version}" if asked.host_version else ""]
    sealed = "encrypted to its key" if asked.public_key else "readable by anybody"
    st.info(
        f"Asked by {say.plain(', '.join(word for word in known if word))} on {say.moment(asked.created_at)}. "
        f"The answer will be {sealed}.",
        icon=":material/draft:",
    )


def _answer(actor: Actor, held: License, text: str, terms: Terms) -> IssuedFile:
    def answer(session: WriteSession, who: Actor, _install_id: str, *, now: datetime) -> IssuedFile:
        ring = open_ring(settings().home, "files", now=now)
        return file_making.activate_offline(session, who, ring, text, terms, now=now)[1]

    return license_change.written(actor, held, answer)
