"""What was out of the ordinary in the audit trail, and whether somebody has looked at it since."""

from collections.abc import Sequence

import streamlit as st

from core.security.observed import Review, Unusual
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import card

MOST = 4
ICONS = {"refused": "lock", "address": "travel_explore", "many": "stacks", "odd_hour": "bedtime"}
RULES = (
    "5 refusals of one person, or 10 from one address, within an hour; 100 changes by one person within an hour; a "
    "change at an hour of the day at which nobody here worked in 4 weeks (once those hold 100 changes on 10 days). A "
    "signed review on the Security score page says that somebody has looked."
)


def show(found: Sequence[Unusual], review: Review | None) -> None:
    """List it, newest first, each leading to the entries behind it."""
    place = card("unusual", "What was unusual", "In all trails of the last 30 days.", height="content")
    with place.right, st.popover("What counts", icon=":material/info:", type="tertiary"):
        st.markdown(say.plain(RULES))
    with place.body:
        if not found:
            st.caption(":material/check_circle: Nothing: no bursts of refusals, no mass changes, nobody at odd hours.")
            return
        for number, one in enumerate(found[:MOST]):
            with st.container(
                horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"row-odd{number}"
            ):
                st.markdown(
                    f":material/{ICONS[one.kind]}: {say.plain(one.words)} {_seen(one, review)}", width="content"
                )
                links.link("audit", "See entries", _behind(one), icon="search")
        if len(found) > MOST:
            st.caption(f"And {say.integer(len(found) - MOST)} more before that.")


def _seen(one: Unusual, review: Review | None) -> str:
    if review is None or one.at > review.at:
        return ":orange-badge[Not looked at yet]"
    return f":gray-badge[Looked at by {say.plain(review.by)}]"


def _behind(one: Unusual) -> dict[str, str]:
    """Return the search that finds the entries; an address is no person, so it is looked for anywhere."""
    query = {"q": one.who, "range": "30d"}
    return {**query, "action": "session.refused"} if one.kind in {"refused", "address"} else query
