"""Recording a release: its version, the day it came out, and until when it is supported."""

from datetime import date

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.releases import LONGEST_NOTES, record_release
from core.periods import midnight
from pages.parts.load import change, told


def button(actor: Actor) -> None:
    """Draw the button that opens the dialog, for who may."""
    if actor.may(Permission.LICENSE_UPDATE_TIER) and st.button("Record a release", type="primary", key="new-release"):
        _dialog(actor)


@st.dialog("Record a release")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    today = clock.now().date()
    version = st.text_input("Version", placeholder="4.4", key="release-version")
    out = st.date_input("Came out", today, max_value=today, key="release-out")
    ends = st.date_input("Supported until", None, key="release-ends", help="Leave it empty while no end is announced.")
    notes = st.text_area("Notes", max_chars=LONGEST_NOTES, key="release-notes", placeholder="What is new, in a line.")
    st.caption("A version that is known already is corrected; both stand in the audit trail.")
    if st.button("Record", type="primary", key="record-release", disabled=not version.strip()):
        with told():
            _record(actor, version, out, ends, notes)
            st.rerun()


def _record(actor: Actor, version: str, out: date, ends: date | None, notes: str) -> None:
    with change(actor) as session:
        record_release(
            session,
            actor,
            version,
            released_at=midnight(out),
            supported_until=midnight(ends) if ends else None,
            notes=notes,
            now=clock.now(),
        )
