"""The archetypes with their size, money and health, each leading to its customers."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.portfolio import UNKNOWN, ArchetypeGroup
from core.culture.archetypes import RULES
from core.finance.exchange import REPORTING
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card

_OPEN: Final = "archetype-open"


def show(actor: Actor, groups: Sequence[ArchetypeGroup]) -> None:
    """Draw the table; a click on a kind opens its customers."""
    row = columns.opened(_OPEN)
    if row is not None and row < len(groups) and groups[row].label != UNKNOWN:
        filters.go(links.to("customers"), {"archetype": groups[row].label, "show": "In force"})
    place = card("archetypes", "Archetypes", "Of customers in force. Open one by its name to see who they are.")
    with place.right, st.popover("How they are told apart", icon=":material/info:", type="tertiary"):
        st.markdown("The first rule that holds names the kind, in this order.")
        for _, label, rule in RULES:
            st.markdown(f"**{say.plain(label)}** · {say.plain((rule.__doc__ or '').strip())}")
        st.markdown(f"**Mixed use** · No single habit stands out.\n\n**{UNKNOWN}** · No telemetry has arrived.")
    with place.body:
        columns.table(
            _frame(groups),
            _columns(sees_money=actor.may(Permission.FINANCE_READ)),
            key="archetypes",
            alt="Archetypes with their customers, MRR, median health with its n, and customers at risk.",
            height="content",
        )


def _columns(*, sees_money: bool) -> dict[str, ColumnConfig | str | None]:
    money = columns.money("MRR", REPORTING, help="Of these customers together, in US dollars at today's rate.")
    return {
        "name": columns.opener("Archetype", key=_OPEN, width=150),
        "customers": columns.count("Customers"),
        **({"mrr": money} if sees_money else {}),
        "health": columns.progress("Median health", help="Half of those whose health is known do better."),
        "n": columns.count("n", help="Customers whose health is known."),
        "risk": columns.count("At risk", help="Health below 50."),
        "share": columns.share("Of all", help="Of all customers in force."),
    }


def _frame(groups: Sequence[ArchetypeGroup]) -> pd.DataFrame:
    total = sum(each.customers for each in groups)
    return pd.DataFrame(
        {
            "name": [each.label for each in groups],
            "customers": [each.customers for each in groups],
            "share": [round(each.customers / total, 2) for each in groups],
            "mrr": [None if each.mrr is None else each.mrr.major() for each in groups],
            "health": [each.health for each in groups],
            "n": [each.health_n for each in groups],
            "risk": [each.at_risk for each in groups],
        }
    )
