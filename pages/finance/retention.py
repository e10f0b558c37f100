"""Retention: how much of what customers paid they still pay, who left and why, and who may leave next."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.views import month_sums, year_sums
from pages.finance import retention_cohorts, retention_figures, retention_left, retention_risk, revenue_month
from pages.finance.revenue_month import REACH, Chosen
from pages.parts import export, session
from pages.parts.cards import header, tiles
from pages.parts.load import load, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    right = header("Retention", "How much of what customers paid they still pay, who left, and who may leave next.")
    with told("retention"):
        current = revenue_month.running()
        if revenue_month.begun(actor, current).empty:
            revenue_month.nothing("retention", "Nobody to keep yet", "group_add")
            return
        with right:
            chosen = revenue_month.picker(actor, current, "retention")
            export.menu(actor, "retention", until=chosen.at.date())
        _answers(actor, chosen)


def _answers(actor: Actor, chosen: Chosen) -> None:
    months = load(month_sums, actor, chosen.back(REACH), as_of=chosen.now)
    years = load(year_sums, actor, chosen.back(REACH), as_of=chosen.now)
    tiles(retention_figures.tiles(months, years, chosen))
    retention_figures.trends(months, years, chosen)
    retention_cohorts.show(actor, chosen)
    left, right = st.columns(2)
    with left:
        retention_left.show(actor, chosen)
    with right:
        retention_risk.show(actor)
