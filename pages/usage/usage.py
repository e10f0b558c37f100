"""Usage: who is over, near or jumping, and one customer's gauges and history where the address names one."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.usage.standings import standing_counts
from pages.parts import filters, links, session
from pages.parts.cards import header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, minute, told
from pages.usage import one, roll


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.USAGE_READ)
    named = st.query_params.get("install_id")
    with told("usage"):
        if named:
            one.show(actor, named)
            return
        with header("Usage", "Who is over a limit, near one, or jumping."):
            text = filters.search("Search customers")
            links.link("limits", "Limits", icon="tune")
        _everybody(actor, text)


def _everybody(actor: Actor, text: str) -> None:
    counts = load(standing_counts, actor, now=minute())
    if not counts.customers:
        empty(
            "usage",
            "No usage yet",
            "As soon as an installation with a license reports, it shows here against its limits. Issue a license on "
            "the Customers page, and let its software send telemetry or usage records.",
            icon="speed",
        )
        return
    tiles(roll.tiles(counts), most=3)
    roll.show(actor, text)
