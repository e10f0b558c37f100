"""What stands where rows would be: what this place is for and what to do next."""

import streamlit as st

from pages.parts import format as say
from pages.parts.cards import Drill


def empty(
    key: str, title: str, sentence: str, *, icon: str = "inbox", action: str | None = None, link: Drill | None = None
) -> bool:
    """An empty state: `sentence` says what will appear and what to do; true in the run in which `action` was pressed.

    `icon` is the name of a Material symbol.
    """
    pressed = False
    with st.container(key=f"empty-{key}", horizontal_alignment="center", gap="xsmall"):
        st.markdown(f":material/{icon}:", text_alignment="center", width="content")
        st.markdown(f"**{say.plain(title)}**", text_alignment="center")
        st.caption(say.plain(sentence), text_alignment="center")
        if action is not None:
            pressed = st.button(action, key=f"empty-{key}-action", type="primary")
        if link is not None:
            st.page_link(link.page, label=link.label, query_params=link.query)
    return pressed
