"""Cohorts: of the customers who first paid in a month, how many still pay and how much; and who they are."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.cohorts import cohort_matrix
from pages.finance.retention_cell import AGE, COHORT, cell
from pages.finance.revenue_month import Chosen
from pages.parts import charts, export, filters
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import units
from pages.parts.load import load

_BY: Final = {"Customers": "customers", "MRR": "mrr"}
# Whole percents in the cells, since the eye compares shades; a tenth in the words of one.
_LEFT: Final = units.Unit(
    name="percent of what each cohort began with, by months since",
    exact=say.percent,
    short=lambda share: say.percent(share, digits=0),
)
_RANGES: Final = {"12m": 12, "24m": 24, "36m": 36}


def show(actor: Actor, chosen: Chosen) -> None:
    """Draw the card: the map, and below it the customers behind the cell that was picked."""
    place = card(
        "cohorts", "Cohorts", "Customers by the month of their first MRR. Pick a cell to see who is behind it."
    )
    with place.right:
        by = _BY[filters.one_of("Of", list(_BY), key="of")]
        reach = _RANGES[filters.one_of("Cohorts", list(_RANGES), key="cohorts")]
        export.menu(actor, "cohorts", since=chosen.back(reach)[0].start.date(), until=chosen.at.date())
    found = load(cohort_matrix, actor, chosen.back(reach), as_of=chosen.at)
    with place.body:
        if found.empty:
            st.caption("Nobody paid for the first time in these months. Choose a longer range.")
            return
        charts.show(_map(found, by), f"cohorts-{by}", on_pick=_picked)
        cell(actor, found, chosen)


def _map(found: pd.DataFrame, by: str) -> charts.Chart:
    """A row a cohort, a column a month of its life, each cell the share of the first that is left."""
    frame = found.assign(
        row=[say.month(each) for each in found["cohort"]],
        column=[str(each) for each in found["age"]],
        share=found[by] / found[f"first_{by}"],
    )
    return charts.heatmap(
        frame,
        row="row",
        column="column",
        value="share",
        title="Customers who still pay" if by == "customers" else "MRR they pay",
        unit=_LEFT,
        pick=True,
    )


def _picked(points: list[dict[str, Any]]) -> None:
    """Take the picked cell over into the boxes below, and with them into the address."""
    if points:
        cohort, age = points[0]["customdata"]
        st.session_state[COHORT], st.session_state[AGE] = str(cohort), str(age)
