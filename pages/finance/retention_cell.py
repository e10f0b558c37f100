"""The customers behind one cell of the cohorts: what each paid first, and what in the month that was picked."""

from datetime import UTC, datetime
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.cohorts import cohort_customers
from core.finance.exchange import REPORTING
from core.periods import Period, add_months, month_of
from pages.finance.revenue_month import Chosen
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.load import load

COHORT: Final = "cohort"
AGE: Final = "age"
_OPEN: Final = "cell-open"


def cell(actor: Actor, found: pd.DataFrame, chosen: Chosen) -> None:
    """Draw the boxes that name a cell, and the customers behind the one that is named."""
    starts = {say.month(each): each for each in found["cohort"].drop_duplicates()}
    with st.container(horizontal=True, vertical_alignment="center", key="cell"):
        named = filters.pick("Cohort", list(starts), key=COHORT, placeholder="Pick a cell, or a cohort", width=220)
        ages = [] if named is None else [str(each) for each in found[found["cohort"].eq(starts[named])]["age"]]
        after = filters.pick("Months since", ages or ["0"], key=AGE, placeholder="Its latest month", width=170)
    if named is not None:
        _customers(actor, _month(starts[named]), int(after if after in ages else ages[-1]), chosen)


def _customers(actor: Actor, cohort: Period, age: int, chosen: Chosen) -> None:
    rows = load(cohort_customers, actor, cohort, age, as_of=chosen.at)
    clicked = columns.opened(_OPEN)
    if clicked is not None and clicked < len(rows):
        filters.go(links.to("customer"), {"id": str(rows["organization_id"].iloc[clicked])})
    stay, now, first = int(rows["mrr"].gt(0).sum()), int(rows["mrr"].sum()), int(rows["first_mrr"].sum())
    month, paid = say.month(add_months(cohort.start, age)), say.money(now, REPORTING, whole=True)
    came = f"Of {say.count(len(rows), 'customer')} who first paid in {say.month(cohort.start)}"
    left = f"{say.integer(stay)} paid in {month}: {paid} a month of {say.money(first, REPORTING, whole=True)}."
    st.caption(say.plain(f"{came}, {left}"))
    columns.table(
        _frame(rows),
        {
            "customer": columns.opener("Customer", key=_OPEN, width=180),
            "first_at": columns.day("First paid"),
            "first": columns.money("First MRR", REPORTING, whole=False),
            "mrr": columns.money(
                f"MRR in {month}", REPORTING, whole=False, help="At the rate of the day they first paid."
            ),
            "change": columns.rate("Change"),
            "state": columns.text("", width=90),
        },
        key="cell-customers",
        alt=f"Customers who first paid in {say.month(cohort.start)}, with their first MRR and that of {month}.",
        height="content" if len(rows) <= 10 else 10 * columns.ROW_HEIGHT,
    )


def _frame(rows: pd.DataFrame) -> pd.DataFrame:
    pairs = list(zip(rows["mrr"], rows["first_mrr"], strict=True))
    return pd.DataFrame(
        {
            "customer": rows["customer"],
            "first_at": rows["first_at"],
            "first": [say.major(int(first), REPORTING) for _, first in pairs],
            "mrr": [say.major(int(mrr), REPORTING) for mrr, _ in pairs],
            "change": [100 * (int(mrr) / int(first) - 1) if first else None for mrr, first in pairs],
            "state": ["" if mrr else "Left" for mrr, _ in pairs],
        }
    )


def _month(start: pd.Timestamp) -> Period:
    return month_of(datetime(start.year, start.month, 1, tzinfo=UTC))
