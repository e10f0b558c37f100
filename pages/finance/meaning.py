"""What a card's figures mean, behind a button at the right end of its title row."""

import streamlit as st

from pages.parts.cards import Definition, explain


def button(key: str, label: str, meaning: Definition) -> None:
    """Open the definition."""
    with st.popover("Definition", icon=":material/info:", type="tertiary", key=f"meaning-{key}"):
        explain(label, meaning)
