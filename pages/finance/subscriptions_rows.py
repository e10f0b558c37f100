"""Subscriptions as a table; a customer's name opens them, the button at the end their movements."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.finance.drill import SubscriptionRow
from core.finance.exchange import REPORTING
from pages.finance import subscription_detail
from pages.finance.revenue_month import Chosen, address
from pages.parts import columns, filters, links, pills, terms
from pages.parts import format as say

_CUSTOMER: Final = "held-customer"
_MOVED: Final = "held-moved"
_MANAGED: Final = "held-managed"
_ROWS_IN_SIGHT: Final = 16


def table(actor: Actor, rows: Sequence[SubscriptionRow], chosen: Chosen) -> None:
    """Draw the rows; how one stands, and what may be done to it, is behind its second button."""
    clicked, moved, managed = columns.opened(_CUSTOMER), columns.opened(_MOVED), columns.opened(_MANAGED)
    if managed is not None and managed < len(rows):
        subscription_detail.open_dialog(actor, rows[managed].id)
    if clicked is not None and clicked < len(rows):
        filters.go(links.to("customer"), {"id": str(rows[clicked].organization_id)})
    if moved is not None and moved < len(rows):
        who = str(rows[moved].organization_id)
        filters.go(links.to("movements"), address("movements", chosen.month, over="12 months", customer=who))
    columns.table(
        _frame(rows),
        {
            "customer": columns.opener("Customer", key=_CUSTOMER, width=180),
            "mrr": columns.money("MRR", REPORTING, whole=False, help="Its monthly value, at the day's exchange rate."),
            "tier": columns.pills("tier", "Tier", width=100),
            "agreed": columns.text("Agreed", width=160, help="In the customer's own currency."),
            "quantity": columns.count("Quantity"),
            "since": columns.day("Since"),
            "moved": columns.button("", key=_MOVED),
            "managed": columns.button("", key=_MANAGED, width=90),
        },
        key="subscriptions",
        alt="Subscriptions with customer, MRR in dollars, tier, amount as agreed, how often, and since when.",
        height="content" if len(rows) <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _frame(rows: Sequence[SubscriptionRow]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": [each.customer for each in rows],
            "mrr": [say.major(each.reported.minor, REPORTING) for each in rows],
            "tier": pills.cells("tier", [each.tier_id for each in rows]),
            "agreed": [f"{say.amount(each.amount)} {terms.PER[each.billing_period]}" for each in rows],
            "quantity": [each.quantity for each in rows],
            "since": [each.started_at for each in rows],
            "moved": ["Movements"] * len(rows),
            "managed": ["Details"] * len(rows),
        }
    )
