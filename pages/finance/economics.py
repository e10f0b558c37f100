"""Unit economics: whether a customer returns what winning it cost, how soon, and what would move that."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.economics import economics_facts
from core.periods import months_until
from pages.finance import economics_figures, economics_levers, economics_tiers, economics_trends
from pages.finance.economics_figures import Seen
from pages.parts import export, links, session
from pages.parts.cards import Drill, header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, minute, told

_MONTHS = 25


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    with header("Unit economics", "What a customer brings, what winning it cost, and how soon that comes back."):
        export.menu(actor, "unit-economics")
    with told("unit economics"):
        now = minute()
        months = tuple(months_until(now, _MONTHS))
        seen = Seen(load(economics_facts, actor, months, as_of=now), months)
        if seen.frame["mrr"].eq(0).all():
            _nothing()
            return
        _answers(actor, seen)


def _answers(actor: Actor, seen: Seen) -> None:
    tiles(economics_figures.tiles(seen), most=3)
    economics_trends.show(seen)
    left, right = st.columns([3, 2])
    with left:
        economics_tiers.show(actor, minute())
    with right:
        economics_levers.show(seen)


def _nothing() -> None:
    empty(
        "economics",
        "No paying customers yet",
        "LTV, CAC and payback appear here once customers pay and spend on sales and marketing is booked on Cash.",
        icon="calculate",
        link=Drill(links.to("cash"), "Cash"),
    )
