"""MRR by a dimension that the reader chooses: over months, beside what moved it, and as a table of its groups."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.finance.movements import KINDS
from core.finance.views import Split, split_months
from core.metrics.fields import DIMENSIONS
from pages.finance.narrowed import BY, words_of
from pages.finance.revenue_groups import table
from pages.finance.revenue_month import Chosen
from pages.parts import charts, filters
from pages.parts.cards import card
from pages.parts.charts import units
from pages.parts.load import load
from pages.parts.theme import SCREEN

RANGES: Final = {"12m": 12, "24m": 24, "36m": 36}


def show(actor: Actor, months: pd.DataFrame, chosen: Chosen) -> None:
    """Draw the controls, both charts and the table."""
    with st.container(horizontal=True, horizontal_alignment="distribute", key="split-controls"):
        by = filters.one_of("Split by", BY, key="by", show=lambda each: DIMENSIONS[each].label)
        reach = RANGES[filters.one_of("Range", list(RANGES), key="range")]
    split = load(split_months, actor, by, chosen.back(reach), as_of=chosen.now)
    named = words_of(actor, by, (*split.rows["group"], *split.months["group"]), chosen.now)
    left, right = st.columns([3, 2])
    with left, card("by").body:
        charts.show(_stack(split, named), f"by-{by}")
    with right, card("netnew").body:
        charts.show(_moves(months.tail(reach)), "netnew")
    table(split, named, chosen)


def _stack(split: Split, named: Mapping[str, str]) -> charts.Chart:
    frame = split.months.assign(name=[named[each] for each in split.months["group"]])
    colors = charts.tier_colors() if split.dimension == "tier" else None
    return charts.area_stack(
        frame,
        x="month",
        y="closing",
        series="name",
        title=f"MRR by {split.dimension}",
        unit=units.money(REPORTING, "a month, at month ends"),
        order=list(dict.fromkeys(frame["name"])),
        colors=colors,
    )


def _moves(months: pd.DataFrame) -> charts.Chart:
    """What each month brought and took, kind by kind."""
    rows: list[dict[str, Any]] = [
        {"month": month, "kind": kind.capitalize(), "minor": int(minor)}
        for kind in KINDS
        for month, minor in zip(months["month"], months[kind], strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["month", "kind", "minor"])
    first, second, third = SCREEN.series[:3]
    return charts.bar(
        frame,
        label="month",
        value="minor",
        series="kind",
        title="Net new MRR by month",
        unit=units.money(REPORTING, "of movements"),
        colors={
            "New": first,
            "Expansion": second,
            "Reactivation": third,
            "Contraction": SCREEN.warning,
            "Churn": SCREEN.bad,
        },
    )
