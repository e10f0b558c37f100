"""Tables of licenses, with what is the matter with each: those that need a hand, and any."""

from datetime import datetime
from typing import Final, Literal

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.licensing.attention import Need
from core.licensing.reads import License, search
from pages.customers import matters
from pages.customers.holdings import state
from pages.parts import columns, filters, links, paging, pills
from pages.parts.cards import card
from pages.parts.empty import empty
from pages.parts.load import load, minute

_PAGE: Final = 100


def needy(actor: Actor) -> None:
    """What somebody should look after, narrowed by chips."""
    place = card("needs", "Needs a hand", height="content")
    with place.right:
        view = filters.at_most_one("Show", list(matters.BY_LABEL), key="show")
    with place.body:
        need: Need | Literal["any"] = matters.BY_LABEL[view] if view else "any"
        found = load(search, actor, now=minute(), need=need, limit=_PAGE).items
        if found:
            _table(found, clock.now(), key="needy")
        else:
            whole = "Every license is in force and heard of." if need == "any" else "No license is in this state."
            st.caption(f":material/task_alt: Nothing to do. {whole}")


def anything(actor: Actor, title: str, text: str) -> None:
    """Any license, newest first, or those that the text finds."""
    with card("any", title, "newest first", height="content").body:
        cursor = paging.cursor("licenses", text)
        found = load(search, actor, now=minute(), text=text, cursor=cursor, limit=_PAGE)
        if found.items:
            _table(found.items, clock.now(), key="any")
            paging.controls("licenses", found.next_cursor, noun="licenses")
        elif text:
            hint = "Search by how an install id, a word of a name or domain, or a fingerprint begins."
            empty("licenses", "No license found", hint, icon="key_off")
        else:
            empty("licenses", "No licenses yet", "Issue one with “New license”; it appears here.", icon="key_off")


def _table(found: tuple[License, ...], now: datetime, *, key: str) -> None:
    """Draw the rows; a click on a name opens the license."""
    opener = f"{key}-open"
    row = columns.opened(opener)
    if row is not None and row < len(found):
        filters.go(links.to("licenses"), {"install_id": found[row].install_id})
    columns.table(
        pd.DataFrame(
            {
                "install": [each.install_id for each in found],
                "customer": [each.organization_name for each in found],
                "matter": [matters.sentence(each, now) for each in found],
                "status": pills.cells("status", [state(each) for each in found]),
                "tier": pills.cells("tier", [each.tier_id for each in found]),
                "ends": [each.expires_at for each in found],
                "seen": [each.last_check_in_at for each in found],
            }
        ),
        {
            "customer": columns.opener("Customer", key=opener, width=155),
            "matter": columns.text("What is the matter", width=180),
            "status": columns.pills("status", "Status", width=95),
            "tier": columns.pills("tier", "Tier", width=95),
            "ends": columns.day("Ends"),
            "seen": columns.when("Last check-in"),
            "install": columns.text("Install id", width=230),
        },
        key=key,
        alt="Licenses with customer, what is the matter, status, tier, end, last check-in and install id.",
        height="content" if len(found) <= 16 else 17 * columns.ROW_HEIGHT,
    )
