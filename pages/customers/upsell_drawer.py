"""The list one by one in a drawer: an upsell with its evidence, what it is worth and why, and what to do with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.upsell_contacts import contacts_about
from core.culture.upsell_reads import Upsell
from pages.customers import upsell_acts
from pages.customers.upsell_list import Listed, days_range, next_step
from pages.parts import columns, links, pills
from pages.parts import format as say
from pages.parts.load import load

_AT: Final = "upsell-at"
# Where the counts behind a rule stand: the page, what the link says, and its icon.
_ROWS: Final = {
    "limit_approached": ("usage", "Usage by day", "speed"),
    "sustained_overage": ("usage", "Usage by day", "speed"),
    "high_usage": ("usage", "Usage by day", "speed"),
    "trial_ending": ("licenses", "License", "key"),
}
_CULTURE: Final = ("culture", "Culture profile", "psychology")


def begin(found: Sequence[Listed]) -> bool:
    """The button that opens the first of the list, from which `N` leads through all of it; true when pressed."""
    return bool(found) and st.button("Go through them", icon=":material/play_arrow:", shortcut="G", key="upsell-begin")


def show(actor: Actor, found: Sequence[Listed], place: int, now: datetime) -> None:
    """Open the drawer at a place of the list."""
    st.session_state[_AT] = place
    st.dialog("Opportunity", position="right", width="medium", icon=":material/trending_up:")(_body)(actor, found, now)


def _body(actor: Actor, found: Sequence[Listed], now: datetime) -> None:
    place = min(st.session_state.get(_AT, 0), len(found) - 1)
    listed = found[place]
    each = listed.upsell
    _steps(place, len(found))
    st.header(say.plain(f"{each.offer_label}: {each.organization}"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(pills.inline("priority", each.priority), width="content")
        links.customer("Customer", each.install_id, icon="domain")
        links.link("culture", "Culture", {"install_id": each.install_id}, icon="psychology")
    st.markdown(f"**{say.plain(each.sentence)}**")
    st.markdown(f"Next step: {say.plain(next_step(each))}.")
    _worth(actor, listed)
    st.markdown("**Evidence**")
    _evidence(each)
    _behind(each)
    _called(actor, each, now)
    st.caption(f"Found {say.relative(each.found_at, now)}, checked again {say.relative(each.updated_at, now)}.")
    if each.note and not actor.may(Permission.CUSTOMER_UPDATE):
        st.markdown(f"Note: {say.plain(each.note)}")
    if actor.may(Permission.CUSTOMER_UPDATE):
        upsell_acts.show(actor, each, now)


def _steps(place: int, of: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="steps"):
        st.button("Previous", shortcut="P", key="upsell-previous", disabled=place == 0, on_click=_go, args=(place - 1,))
        st.caption(f"{place + 1} of {of}", width="content")
        st.button("Next", shortcut="N", key="upsell-next", disabled=place + 1 >= of, on_click=_go, args=(place + 1,))


def _go(place: int) -> None:
    st.session_state[_AT] = place


def _worth(actor: Actor, listed: Listed) -> None:
    each = listed.upsell
    left = say.DASH if each.days_left is None else say.integer(each.days_left)
    within = days_range(each)
    with st.container(horizontal=True):
        told = "Until a limit is reached or a trial ends; the median of simulated futures."
        st.metric(
            "Days left",
            left,
            delta=f"{within} in 80 of 100" if within else None,
            delta_color="off",
            delta_arrow="off",
            help=told,
        )
        if actor.may(Permission.FINANCE_READ):
            known = each.expected_value_minor is not None and each.currency is not None
            worth = say.money(each.expected_value_minor, each.currency or "", whole=True) if known else say.DASH
            st.metric("Expected in a year", worth, help="As made below, in the customer's currency.")
        st.metric(
            "Confidence", each.confidence.capitalize(), help="How well the facts bear it out, not how likely a sale is."
        )
    if actor.may(Permission.FINANCE_READ):
        st.caption(say.plain(each.expected_value_basis))


def _evidence(each: Upsell) -> None:
    facts = each.evidence
    columns.table(
        pd.DataFrame(
            {
                "what": [str(fact["label"]) for fact in facts],
                "value": [str(fact["value"]) for fact in facts],
                "n": [int(fact["n"]) for fact in facts],
                "window": [str(fact["window"]) for fact in facts],
                "rule": [f"{say.phrase(str(fact['rule']))}, version {fact['version']}" for fact in facts],
            }
        ),
        {
            "what": columns.name("What", width=190),
            "value": columns.text("Observed", width=190),
            "n": columns.count("n", help="How much it stands on."),
            "window": columns.text("Over", width=130),
            "rule": columns.text("Rule", width=190),
        },
        key=f"evidence-{each.id}",
        alt="The facts behind this opportunity, each with its n, window and rule.",
        height="content",
    )


def _behind(each: Upsell) -> None:
    """Lead to the rows that the evidence counts."""
    places = dict.fromkeys(_ROWS.get(rule, _CULTURE) for rule in each.rules)
    with st.container(horizontal=True, vertical_alignment="center", key="upsell-rows"):
        st.caption("The rows behind it:", width="content")
        for path, label, icon in places:
            links.link(path, label, {"install_id": each.install_id}, icon=icon)


def _called(actor: Actor, each: Upsell, now: datetime) -> None:
    if each.contacted_at is None:
        return
    for contact in load(contacts_about, actor, (each.id,)).get(each.id, ()):
        who = contact.by.partition("@")[0].capitalize()
        words = f": {contact.note}" if contact.note else "."
        st.markdown(f":material/call: {say.plain(f'{who} called {say.relative(contact.at, now)}{words}')}")
