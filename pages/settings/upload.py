"""The upload: CSV files and the mapping that says what they hold, checked before anything is written."""

from uuid import UUID

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import clock
from core.access.actor import Actor
from core.errors import InvalidInput
from core.imports.files import File
from core.imports.reads import Order
from core.imports.running import check_order
from core.imports.shipped import shipped
from core.imports.writes import record_check
from pages.parts.cards import card
from pages.parts.load import change, told

OWN = "A mapping of my own"
HELP = (
    "A mapping says which columns become which fields, how dates are written and which words mean which tier. "
    "docs/imports.md describes it; start from the one of RavenStack."
)


def form(actor: Actor) -> UUID | None:
    """Draw the form and return the id of the check that was just made, else None."""
    with card("upload", "Check an export", "Nothing is taken over until you have seen the report.").body:
        left, right = st.columns(2)
        with left:
            files = st.file_uploader("CSV files", type=["csv"], accept_multiple_files=True, key="csv-files")
        with right:
            named, text = _mapping()
        ready = bool(files and text.strip())
        pressed = st.button("Check", type="primary", icon=":material/fact_check:", disabled=not ready, key="check")
        if not ready:
            st.caption("Add the CSV files and choose a mapping; then check them.")
        return _checked(actor, named, text, files) if pressed else None


def _mapping() -> tuple[str, str]:
    """Return the name and the text of the mapping; whichever it is, it can be edited here."""
    ours = shipped()
    chosen = st.selectbox("Mapping", [*ours, OWN], key="mapping-choice", help=HELP)
    name, text = chosen, ours.get(chosen, "")
    if chosen == OWN:
        given = st.file_uploader("Mapping file", type=["yaml", "yml"], key="mapping-file")
        name = given.name if given is not None else "mapping.yaml"
        text = given.getvalue().decode("utf-8", "replace") if given is not None else ""
    with st.expander("Look at the mapping, or change it"):
        written = st.text_area("Mapping", text, height=320, key=f"mapping-{name}", label_visibility="collapsed")
    return name, written


def _checked(actor: Actor, name: str, text: str, files: list[UploadedFile]) -> UUID | None:
    with st.spinner("Reading every row…"), told("this export"):
        names = [file.name for file in files]
        twice = next((one for one in names if names.count(one) > 1), None)
        if twice is not None:
            raise InvalidInput(f"Two of the files are named {twice}. Leave one out.", field="files")
        order = Order(text, name, {file.name: File(file.name, file.getvalue()) for file in files})
        now = clock.now()
        with change(actor) as session:
            return record_check(session, actor, order, check_order(session, order, now=now), now=now)
    return None
