"""The day that everything is looked at: now, or the one that an import or a person set."""

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.organizations.viewpoint import clear_viewpoint, set_viewpoint
from core.periods import last_instant
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, looked_at, told


def choice(actor: Actor) -> None:
    """Draw the day that is looked at and the ways to change it, for who may; nothing where it is simply now."""
    at = looked_at()
    if at is None or not actor.may(Permission.ORGANIZATION_UPDATE):
        return
    note = "Figures, health and last use are those of that day, for everybody here."
    place = card("as-of", f"Looked at as of {say.day(at)}", note)
    with place.right, st.popover("Change", icon=":material/event:"):
        today = clock.now().date()
        chosen = st.date_input("Day", at.date(), max_value=today, key="as-of-day")
        if st.button("Look at this day", type="primary", key="as-of-set") and chosen is not None:
            now = clock.now()
            with told(), change(actor) as session:
                set_viewpoint(session, actor, min(last_instant(chosen), now), source=actor.label, now=now)
            st.rerun()
        if st.button("Look at now", key="as-of-clear"):
            with told(), change(actor) as session:
                clear_viewpoint(session, actor, now=clock.now())
            st.rerun()
