"""Who is of another archetype than 28 days ago, the latest first."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core.accounts.portfolio import MOVED_WITHIN, Move, Moves
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card
from pages.parts.load import minute

# Where a customer that moves there is better called.
_WORSE: Final = ("Declining", "Dormant")
_SHOWN: Final = 8


def show(found: Moves) -> None:
    """Draw the list; where the past is not known yet it says since when it is kept."""
    with card("moves", "Who moved", "Compared with 28 days ago").body:
        late = found.known_since is None or found.known_since > (minute() - MOVED_WITHIN).date()
        if late:
            since = "today" if found.known_since is None else say.day(found.known_since)
            st.caption(f"Archetypes are kept since {since}: whoever changes from then on shows here.")
        elif not found.moves:
            st.caption("Nobody: everybody uses us as they did four weeks ago.")
        _list(found.moves[:_SHOWN])
        if len(found.moves) > _SHOWN:
            with st.expander(f"{say.integer(len(found.moves) - _SHOWN)} more"):
                _list(found.moves[_SHOWN:])


def _list(rows: Sequence[Move]) -> None:
    for each in rows:
        with st.container(key=f"row-move-{each.install_id}", gap=None):
            links.link("culture", each.organization, {"install_id": each.install_id})
            shade = "red" if each.now in _WORSE else "gray"
            day = say.plain(say.day(each.day, year=False))
            st.caption(f"{say.plain(each.before)} → :{shade}[**{say.plain(each.now)}**], since {day}")
