"""Who resembles whom: the customers nearest to one, each with the reasons."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.accounts import reads as accounts
from core.accounts.customers import Customer, CustomerFilter
from core.accounts.portfolio import peers_of
from core.culture.portfolio import WEIGHTS, Resemblance
from core.errors import NotFound
from pages.parts import columns, filters, links, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute

_OPEN: Final = "peer-open"
_CHOICES: Final = 6
_MOST: Final = 8
_PARTS: Final = {
    "features": "features, by the share of active days they are used on",
    "rhythm": "how even the clock is, and the weekends",
    "size": "people, on a log scale",
    "api": "the share of API calls",
}


def show(actor: Actor) -> None:
    """Draw the card: whose peers, and the table of them."""
    place = card("peers", "Who resembles whom", "The customers nearest to one in how they use us.")
    with place.right:
        with st.popover("How it is measured", icon=":material/info:", type="tertiary"):
            for name, weight in WEIGHTS.items():
                st.markdown(f"**{say.percent(weight, digits=0)}** · {_PARTS[name]}")
            st.caption("A part that is not known of both is left out, and it is said how much is left.")
        text = filters.search("Peers of …", key="like", width=220)
    with place.body:
        one = _whom(actor, text)
        if one is None:
            st.caption("No customer is called that. Type a shorter part of a name.")
            return
        try:
            found = load(peers_of, actor, one.install_id, now=minute(), most=_MOST)
        except NotFound as unknown:
            st.caption(unknown.message)
            return
        _table(one, found)


def _whom(actor: Actor, text: str) -> Customer | None:
    """The customer that the text finds, the first of the alphabet without one; a choice where there are several."""
    filter_ = CustomerFilter(text=text[:200], live=True)
    page = load(accounts.list_customers, actor, filter_, now=minute(), limit=_CHOICES)
    named = {each.install_id: each for each in page.customers}
    if not named:
        return None
    if len(named) == 1:
        return next(iter(named.values()))
    picked = st.pills(
        "Customer",
        list(named),
        default=next(iter(named)),
        required=True,
        format_func=lambda each: say.plain(named[each].name),
        key="peer-of",
        label_visibility="collapsed",
    )
    return named.get(picked or "", next(iter(named.values())))


def _table(one: Customer, found: Sequence[Resemblance]) -> None:
    archetype = f", {one.archetype}" if one.archetype else ""
    if not found:
        st.caption(say.plain(f"Nobody shares a feature with {one.name}{archetype} yet."))
        return
    st.markdown(f"Nearest to **{say.plain(one.name)}**{say.plain(archetype)}:")
    opened = columns.opened(_OPEN)
    if opened is not None and opened < len(found):
        filters.go(links.to("culture"), {"install_id": found[opened].other.install_id})
    columns.table(
        pd.DataFrame(
            {
                "name": [each.other.name for each in found],
                "value": [round(each.value, 2) for each in found],
                "why": [_sentence(each) for each in found],
                "archetype": [each.other.archetype for each in found],
                "tier": pills.cells("tier", [each.other.tier_id for each in found]),
            }
        ),
        {
            "name": columns.opener("Customer", key=_OPEN, width=165),
            "value": columns.share("Alike", help="From 0 to 1 over what is known of both."),
            "why": columns.text("Why", width=485),
            "archetype": columns.text("Archetype", width=140),
            "tier": columns.pills("tier", "Tier"),
        },
        key="peers",
        alt=f"The customers that resemble {one.name} most, with how much and why.",
        height="content",
    )


def _sentence(each: Resemblance) -> str:
    partly = [] if each.known > 0.99 else [f"{say.percent(each.known, digits=0)} of the parts are known of both"]
    told = "; ".join([*each.reasons, *partly])
    return f"{told[:1].upper()}{told[1:]}."
