"""Whom to call today and why, and who is near a limit."""

from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from core.accounts.customers import Customer
from core.accounts.overview import Call
from core.usage.meters import METERS
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card

_KINDS: Final = {
    "trial": ":blue-badge[Trial ends]",
    "risk": ":red-badge[At risk]",
    "invoice": ":orange-badge[Invoice late]",
    "upsell": ":green-badge[Upsell]",
}
_OPEN: Final = "near-open"


def calls(found: tuple[Call, ...], now: datetime) -> None:
    """The list to work through, the most urgent first."""
    place = card(
        "calls",
        "Call today",
        "Trials that end, customers at risk, late invoices, and the best openings",
        height="content",
    )
    with place.body:
        if not found:
            st.caption(
                "Nobody needs a call: no trial ends within 14 days, nobody is at risk, no invoice is late, and no high "
                "upsell is open."
            )
        for number, each in enumerate(found):
            _call(number, each, now)


def _call(number: int, each: Call, now: datetime) -> None:
    with st.container(gap=None, key=f"call-{number}"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-call-{number}"
        ):
            links.customer(each.name, each.install_id)
            worth = "" if not each.mrr else f"{say.amount(each.mrr, whole=True)} a month"
            until = "" if each.due is None else say.relative(each.due, now)
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap="xsmall"):
                st.caption(say.plain(until or worth), width="content")
                st.markdown(_KINDS[each.kind], width="content")
        st.caption(say.plain(each.sentence))


def near(found: tuple[Customer, ...]) -> None:
    """Customers at 80 % of a limit or more, the nearest first."""
    place = card("near", "Near a limit", "80% of a limit or more on a busy day", height="content")
    with place.body:
        if not found:
            st.caption("Nobody is at 80% of a limit. Limits are read from the tier and from seats sold.")
            return
        row = columns.opened(_OPEN)
        if row is not None and row < len(found):
            filters.go(links.to("customer"), {"install_id": found[row].install_id})
        columns.table(
            pd.DataFrame(
                {
                    "name": [each.name for each in found],
                    "meter": ["" if each.limit_meter is None else METERS[each.limit_meter].label for each in found],
                    "share": [None if each.limit_share is None else round(each.limit_share, 2) for each in found],
                }
            ),
            {
                "name": columns.opener("Customer", key=_OPEN, width=190),
                "meter": columns.text("Limit", width=170),
                "share": columns.share("Used", help="Of the limit, on a busy day."),
            },
            key="near",
            alt="Customers near a limit, with the limit and the share used.",
            height="content",
        )
    with place.right:
        links.link("customers", "All", {"show": "Near a limit", "sort": "Nearest a limit"}, icon="arrow_forward")
