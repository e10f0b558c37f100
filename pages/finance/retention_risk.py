"""Who may leave next: customers whose health is low, by what they pay."""

from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.accounts.customers import AT_RISK_BELOW, CustomerFilter
from core.accounts.reads import count_customers, list_customers
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load, minute

_OPEN: Final = "risk-open"
_AT_RISK: Final = CustomerFilter(at_risk=True, term="paid")
_SHOWN: Final = 8


def show(actor: Actor) -> None:
    """Draw the card; a click on a name opens the customer."""
    now = minute()
    found = load(list_customers, actor, _AT_RISK, now=now, sort="mrr", limit=_SHOWN).customers
    totals = load(count_customers, actor, _AT_RISK, now=now)
    together = f", {say.amount(totals.mrr, whole=True)} MRR together" if totals.mrr else ""
    who = say.count(totals.customers, "paying customer")
    place = card("risk", "At risk today", f"{who} below health {AT_RISK_BELOW}{together}")
    with place.right:
        links.link("customers", "All", {"show": "At risk", "sort": "Worst health"}, icon="arrow_forward")
    with place.body:
        if not found:
            st.caption("Nobody. Health is computed from usage every day; open a customer to see its parts.")
            return
        clicked = columns.opened(_OPEN)
        if clicked is not None and clicked < len(found):
            filters.go(links.to("customer"), {"install_id": found[clicked].install_id})
        columns.table(
            pd.DataFrame(
                {
                    "name": [each.name for each in found],
                    "mrr": [say.amount(each.mrr, whole=True) for each in found],
                    "health": [each.health for each in found],
                    "seen": [each.last_seen_at for each in found],
                }
            ),
            {
                "name": columns.opener("Customer", key=_OPEN, width=140),
                "mrr": columns.text("MRR", width=80, help="In the customer's own currency."),
                "health": columns.progress("Health"),
                "seen": columns.when("Last seen"),
            },
            key="risk",
            alt="Paying customers at risk with MRR, health and when they were last seen, the highest MRR first.",
            height="content",
        )
