"""A second way from a list of licenses to one of them: a box that the keyboard reaches, as cells of a table are not."""

from collections.abc import Sequence

import streamlit as st

from core.licensing.reads import License
from pages.parts import filters, links


def box(found: Sequence[License], *, key: str) -> None:
    """Draw the box; choosing a license opens it."""
    named = {each.install_id: f"{each.organization_name}, {each.install_id}" for each in found}
    picked = st.selectbox(
        "Open a license",
        list(named),
        index=None,
        format_func=lambda each: named[each],
        placeholder="Open a license",
        label_visibility="collapsed",
        key=key,
        width=220,
    )
    if picked is not None:
        filters.go(links.to("licenses"), {"install_id": picked})
