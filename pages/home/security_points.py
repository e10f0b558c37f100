"""What would raise the security score next, for those who may see it."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.security.reads import open_points, score
from core.security.scoring import OpenPoint
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card
from pages.parts.load import load, present

SHOWN: Final = 3


def show(actor: Actor) -> None:
    """Draw the card; nothing for who does not see security."""
    if not actor.may(Permission.SECURITY_READ):
        return
    now = present()
    found = load(score, actor, now=now)
    points = load(open_points, actor, now=now, limit=SHOWN)
    held = f" of 100, held there by {say.count(len(found.gates), 'gate')}" if found.gates else " of 100"
    note = "Nothing can be assessed yet" if found.score is None else f"Score {say.integer(found.score)}{held}"
    place = card("security", "Open security points", note, height="content")
    with place.body:
        if not points:
            st.caption("Nothing is open: every check that has data passes.")
        for one in points:
            _point(one)
    with place.right:
        links.link("security", "All", icon="arrow_forward")


def _point(one: OpenPoint) -> None:
    with st.container(gap=None, key=f"point-{one.check}"):
        with st.container(
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="center",
            key=f"row-point-{one.check}",
        ):
            st.markdown(say.plain(one.title), width="content")
            if one.gate is not None:
                st.markdown(":red-badge[Gate]", width="content")
            else:
                st.caption(say.plain(f"+{say.decimal(one.points)} points"), width="content")
        st.caption(say.plain(one.remedy))
