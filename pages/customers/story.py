"""A customer's timeline: what people, the install and the money did, newest first, narrowed by chips."""

from typing import Final
from uuid import UUID

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.timeline import MOST, TimelineEntry, timeline
from core.accounts.timeline_sources import KINDS
from pages.parts import filters
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute

_WORDS: Final = {
    "license": "License",
    "verification": "Phone home",
    "money": "Money",
    "upsell": "Upsells",
    "support": "Support",
    "people": "People",
    "customer": "Customer",
}
_ICONS: Final = {
    "license": "key",
    "verification": "verified",
    "money": "payments",
    "upsell": "trending_up",
    "support": "support_agent",
    "people": "badge",
    "customer": "domain",
}
_HIDDEN_WITHOUT: Final = {"money": Permission.FINANCE_READ, "upsell": Permission.CULTURE_READ}
_STEP: Final = 10


def show(actor: Actor, organization_id: UUID) -> None:
    """Draw the card."""
    place = card("timeline", "Timeline", "Everything that happened, newest first", height="content")
    with place.body:
        _entries(actor, organization_id)


@st.fragment
def _entries(actor: Actor, organization_id: UUID) -> None:
    seen = [each for each in KINDS if each not in _HIDDEN_WITHOUT or actor.may(_HIDDEN_WITHOUT[each])]
    kinds = filters.some_of("Kinds", seen, key="kinds", show=lambda each: _WORDS[each])
    slot = f"timeline-{organization_id}"
    shown: int = st.session_state.get(slot, _STEP)
    found = load(timeline, actor, organization_id, now=minute(), kinds=kinds or None, limit=shown)
    if not found.entries:
        st.caption("Nothing of this kind has happened. Take a chip away to see the rest.")
    for each in found.entries:
        _entry(each)
    if found.next_cursor and shown < MOST and st.button("Earlier", icon=":material/expand_more:", type="tertiary"):
        st.session_state[slot] = min(MOST, shown + 2 * _STEP)
        st.rerun(scope="fragment")


def _entry(each: TimelineEntry) -> None:
    who = [say.moment(each.at), each.actor, each.detail, f"“{each.reason}”" if each.reason else ""]
    with st.container(gap=None, key=f"entry-{each.id}"):
        st.markdown(f":material/{_ICONS[each.kind]}: {say.plain(each.title)}")
        st.caption(say.plain(" · ".join(word for word in who if word)))
