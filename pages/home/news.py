"""What changed since last week: three sentences, each with the customers it is about."""

from typing import Final

import streamlit as st

from core.accounts.changes import Change, Fact
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card

_HEADS: Final = {
    "money": (":material/payments:", "Money"),
    "licenses": (":material/key:", "Licenses"),
    "health": (":material/monitor_heart:", "Health"),
    "usage": (":material/speed:", "Usage"),
}
_SHOWN: Final = 3
_NARROWEST: Final = 270


def show(changes: tuple[Change, ...]) -> None:
    """Draw the card."""
    with card("news", "What changed since last week").body, st.grid(len(changes), min_column_width=_NARROWEST) as grid:
        for change in changes:
            with grid.cell():
                _one(change)


def _one(change: Change) -> None:
    icon, head = _HEADS[change.topic]
    with st.container(gap="xxsmall", key=f"news-{change.topic}"):
        st.caption(f"{icon} {head}")
        st.markdown(say.plain(change.sentence))
        for number, fact in enumerate(change.facts[:_SHOWN]):
            _fact(change.topic, number, fact)
        rest = change.facts[_SHOWN:]
        if rest:
            with st.popover(f"{say.integer(len(rest))} more", type="tertiary", key=f"more-{change.topic}"):
                for number, fact in enumerate(rest, start=_SHOWN):
                    _fact(change.topic, number, fact)


def _fact(topic: str, number: int, fact: Fact) -> None:
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="small",
        key=f"row-fact-{topic}-{number}",
    ):
        if fact.install_id is None:
            st.markdown(say.plain(fact.label), width="content")
        else:
            links.customer(fact.label, fact.install_id)
        st.caption(say.plain(fact.value), width="content")
