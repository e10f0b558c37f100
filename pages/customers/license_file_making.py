"""Making a license file: for how long, for which installation, readable by whom; and the file to take away."""

from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.config import settings
from core.licensing import file_making
from core.licensing.armor import from_b64u
from core.licensing.file_register import IssuedFile
from core.licensing.file_terms import LONGEST, MOST_GRACE_DAYS, USUAL, Terms
from core.licensing.files import KEY_BYTES
from core.licensing.reads import License, installations
from core.signing import open_ring
from db.session import WriteSession
from pages.customers import license_change
from pages.parts import format as say
from pages.parts.load import load, minute, told

_MADE: Final = "file-made"
_GRACE: Final = "So long the file is still let pass after its end. The end of the license itself has no grace."


def button(actor: Actor, held: License) -> None:
    """The button that opens the dialog, with no file of an earlier one in it."""
    if st.button("Make a license file", icon=":material/note_add:", key="make-file"):
        forget()
        _dialog(actor, held)


def forget() -> None:
    """The next dialog begins anew."""
    st.session_state.pop(_MADE, None)


@st.dialog("Make a license file", width="medium", icon=":material/note_add:", on_dismiss=forget)
def _dialog(actor: Actor, held: License) -> None:
    body(actor, held)


def body(actor: Actor, held: License) -> None:
    """The form; once the file is made, the file."""
    made: IssuedFile | None = st.session_state.get(_MADE)
    if made is not None:
        hand_over(held, made)
        return
    terms = length(held, key="file")
    known = [each.fingerprint for each in load(installations, actor, held.install_id, now=minute()) if each.fingerprint]
    fingerprint = st.selectbox(
        "For the installation",
        known,
        index=None,
        accept_new_options=True,
        placeholder="Any, or choose or type a fingerprint",
        help="It, or without one the unnamed installation, is thereby activated and takes a place of the license.",
        key="file-fingerprint",
    )
    key = st.text_input(
        "Public key",
        placeholder="Readable by anybody, or paste an X25519 key (base64url)",
        help="With one, the file is encrypted to it. The signature holds either way.",
        key="file-key",
    )
    st.warning(file_making.UNRECALLABLE, icon=":material/warning:")
    if st.button("Make the file", type="primary", icon=":material/note_add:", key="file-confirm", width="stretch"):
        with told():
            st.session_state[_MADE] = _make(actor, held, terms, fingerprint, (key or "").strip())
            st.rerun(scope="fragment")


def _make(actor: Actor, held: License, terms: Terms, fingerprint: str | None, key: str) -> IssuedFile:
    public = from_b64u(key, "The public key", length=KEY_BYTES) if key else None

    def make(session: WriteSession, who: Actor, install_id: str, *, now: datetime) -> IssuedFile:
        ring = open_ring(settings().home, "files", now=now)
        return file_making.make_file(
            session, who, ring, install_id, terms, fingerprint=fingerprint, public_key=public, now=now
        )

    return license_change.written(actor, held, make)


def length(held: License, *, key: str) -> Terms:
    """For how long a file holds, and its grace; a license that must check in gets none that outlasts its check-in."""
    longest = held.check_in_days or LONGEST.days
    endless = bool(st.session_state.get(f"{key}-endless"))
    left, right = st.columns(2)
    days = left.number_input(
        "Days",
        1,
        longest,
        min(USUAL.days, longest),
        disabled=endless,
        help=f"At most {say.integer(longest)}" + (", as this license must check in." if held.check_in_days else "."),
        key=f"{key}-days",
    )
    grace = right.number_input(
        "Days of grace", 0, MOST_GRACE_DAYS, 0, help=_GRACE, disabled=endless, key=f"{key}-grace"
    )
    if held.check_in_days is None:
        st.toggle("Without end", key=f"{key}-endless")
    return Terms(None) if endless else Terms(timedelta(days=int(days)), int(grace))


def address(held: License, file: IssuedFile) -> str:
    """Where a file is downloaded."""
    return f"/api/licenses/{held.install_id}/files/{file.id}"


def hand_over(held: License, made: IssuedFile) -> None:
    """The file, to be downloaded or copied."""
    until = f"holds until {say.day(made.file_expires_at)}" if made.file_expires_at else "holds without end"
    whom = say.plain(made.fingerprint) or "any installation of this license"
    st.success(f"The file for {whom} {until}.", icon=":material/check_circle:")
    with st.container(key="handover-file"):
        st.link_button("Download", address(held, made), icon=":material/download:", type="primary", key="file-download")
        with st.container(height=260, border=False):
            st.code(made.content, language=None)
    st.caption("Bring it to the machine it is for; our client takes it in with install_file, and needs no connection.")
