"""Who left in the last three months: what they paid, after how long, and why."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.drill import Departure, departures
from core.finance.exchange import REPORTING
from core.periods import Period, add_months
from pages.finance.revenue_month import Chosen, address
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_OPEN: Final = "left-open"
_MONTHS: Final = 3


def show(actor: Actor, chosen: Chosen) -> None:
    """Draw the card; a click on a name opens the customer."""
    found = load(departures, actor, Period(add_months(chosen.at, -_MONTHS), chosen.at))
    lost = say.money(sum(each.reported.minor for each in found), REPORTING, whole=True)
    note = f"{say.count(len(found), 'customer')} in three months, {lost} MRR with them"
    place = card("left", "Who left, and why", note)
    with place.right:
        asked = address("movements", chosen.month, over="12 months", kind="Churn")
        links.link("movements", "A year of it", asked, icon="arrow_forward")
    with place.body:
        if not found:
            st.caption("Nobody left. A customer leaves when the last subscription they paid for ends.")
            return
        clicked = columns.opened(_OPEN)
        if clicked is not None and clicked < len(found):
            filters.go(links.to("customer"), {"id": str(found[clicked].organization_id)})
        columns.table(
            _frame(found),
            {
                "customer": columns.opener("Customer", key=_OPEN, width=140),
                "lost": columns.money("MRR", REPORTING, help="What they paid a month, at that day's rate."),
                "at": columns.text("Left", width=70),
                "after": columns.text("After", width=85, help="From their first MRR until they left."),
                "reason": columns.text("Reason", width=180),
            },
            key="left",
            alt="Customers who left with the MRR lost, the day, how long they had paid and the reason.",
            height="content",
        )


def _frame(found: Sequence[Departure]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": [each.customer for each in found],
            "lost": [say.major(each.reported.minor, REPORTING) for each in found],
            "at": [say.day(each.left_at, year=False) for each in found],
            "after": [_after(each) for each in found],
            "reason": [each.reason for each in found],
        }
    )


def _after(each: Departure) -> str:
    """How many months they had paid, the last as far as it went."""
    since, until = each.since, each.left_at
    months = 12 * (until.year - since.year) + until.month - since.month - (until.day < since.day)
    return say.count(months, "month") if months else say.count((until - since).days, "day")
