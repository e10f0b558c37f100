"""Costs: what is left after serving customers, what made it move, and who costs more than they bring."""

from datetime import datetime

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.margins import margin_months
from core.periods import months_until
from pages.finance import (
    cost_alerts,
    cost_change,
    cost_customers,
    cost_entries,
    cost_entry,
    cost_figures,
    cost_import,
    cost_rates,
)
from pages.finance.cost_figures import Seen
from pages.parts import session
from pages.parts.cards import header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, minute, told

_MONTHS = 14


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    with header("Costs", "What serving customers costs, and what is left of revenue."):
        cost_import.button(actor)
        cost_entry.button(actor)
    with told("costs"):
        now = minute()
        months = tuple(months_until(now, _MONTHS))
        seen = Seen(load(margin_months, actor, months, as_of=now), months, now)
        if seen.frame["cost"].eq(0).all():
            _nothing(actor, now)
            return
        _answers(actor, seen, now)


def _answers(actor: Actor, seen: Seen, now: datetime) -> None:
    tiles(cost_figures.tiles(actor, seen))
    cost_change.sentence(actor, seen)
    cost_alerts.show(actor)
    left, right = st.columns([3, 2])
    with left:
        cost_change.kinds(actor, seen)
    with right:
        cost_change.bridge(actor, seen)
    left, right = st.columns([4, 3])
    with left:
        cost_customers.show(actor, seen)
    with right:
        cost_customers.products(actor, seen)
    cost_rates.show(actor, seen)
    cost_entries.show(actor, now)


def _nothing(actor: Actor, now: datetime) -> None:
    may = actor.may(Permission.FINANCE_MANAGE_COSTS)
    sentence = "Margins appear here once costs of serving customers are booked. " + (
        "Record last month's bill, or send entries to POST /api/costs." if may else "An admin or owner can record them."
    )
    if empty("costs", "No costs booked yet", sentence, icon="savings", action="Record a cost" if may else None):
        cost_entry.open_dialog(actor)
    cost_entries.show(actor, now)
