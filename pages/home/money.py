"""The month's money in two charts: MRR by tier over a year, and the movements of this month."""

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.accounts.overview import movements_this_month, mrr_by_tier
from core.finance.exchange import REPORTING
from core.finance.movements import Bridge
from pages.parts import charts, pills
from pages.parts.cards import card
from pages.parts.charts import units
from pages.parts.load import load, minute


def show(actor: Actor) -> None:
    """Draw both side by side."""
    now = minute()
    tiers = load(mrr_by_tier, actor, now=now)
    moved = load(movements_this_month, actor, now=now)
    if tiers is None or moved is None:
        return
    left, right = st.columns([3, 2])
    with left, card("tiers").body:
        charts.show(_by_tier(tiers), "tiers")
    with right, card("movements").body:
        charts.show(_waterfall(moved), "movements")


def _by_tier(frame: pd.DataFrame) -> charts.Chart:
    named = frame.assign(tier=[pills.word("tier", each) for each in frame["tier_id"]])
    colors = charts.tier_colors()
    order = [name for name in reversed(colors) if name in set(named["tier"])]
    order += sorted(set(named["tier"]) - set(order))
    return charts.area_stack(
        named,
        x="month",
        y="mrr_minor",
        series="tier",
        title="MRR by tier",
        unit=units.money(REPORTING, "a month, at month ends"),
        order=order,
        colors=colors,
    )


def _waterfall(moved: Bridge) -> charts.Chart:
    """Opening, each kind of movement that happened, exchange where there was any, and where MRR is now."""
    steps = [(kind.capitalize(), "change", amount.minor) for kind, amount in moved.movements.items() if amount]
    if moved.exchange:
        steps.append(("Exchange", "change", moved.exchange.minor))
    rows = [("Start", "total", moved.opening.minor), *steps, ("Now", "total", moved.closing.minor)]
    frame = pd.DataFrame(rows, columns=["step", "kind", "minor"])
    return charts.waterfall(
        frame,
        label="step",
        value="minor",
        kind="kind",
        title=f"Movements in {moved.period.start:%B}",
        unit=units.money(REPORTING, "a month"),
    )
