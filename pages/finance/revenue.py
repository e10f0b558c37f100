"""Revenue: MRR and what moved it this month, whether growth is efficient, and who it comes from."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.views import month_sums, year_sums
from pages.finance import (
    imported,
    revenue_bridge,
    revenue_figures,
    revenue_forecast,
    revenue_month,
    revenue_paid,
    revenue_split,
)
from pages.finance.revenue_month import REACH, Chosen
from pages.parts import export, links, session
from pages.parts.cards import header, tile
from pages.parts.load import load, told

_TILE_WIDTH = 196


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Revenue", "What comes in every month, what moved it, and who it comes from.")
    with told("revenue"):
        current = revenue_month.running()
        if revenue_month.begun(actor, current).empty:
            revenue_month.nothing("revenue")
            return
        with right:
            chosen = revenue_month.picker(actor, current, "revenue")
            export.menu(actor, "mrr", until=chosen.at.date())
            links.link("board-report", "Board report", icon="co_present")
        _answers(actor, chosen)


def _answers(actor: Actor, chosen: Chosen) -> None:
    months = load(month_sums, actor, chosen.back(REACH), as_of=chosen.now)
    years = load(year_sums, actor, chosen.back(REACH // 2), as_of=chosen.now)
    shown = revenue_figures.tiles(months, years, chosen)
    with st.grid(len(shown), min_column_width=_TILE_WIDTH):
        for each in shown:
            tile(each)
    imported.notes(actor)
    revenue_bridge.show(months, chosen)
    revenue_forecast.show(actor, chosen)
    revenue_split.show(actor, months, chosen)
    revenue_paid.show(actor, chosen)
