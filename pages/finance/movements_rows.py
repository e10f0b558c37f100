"""Rows of the ledger as a table; a customer's name opens them, the button at the end their subscriptions."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from core.finance.drill import MovementRow
from core.finance.exchange import REPORTING
from pages.finance.revenue_month import Chosen, address
from pages.parts import columns, filters, links, pills
from pages.parts import format as say

_CUSTOMER: Final = "moved-customer"
_HELD: Final = "moved-held"
_ROWS_IN_SIGHT: Final = 16


def table(rows: Sequence[MovementRow], chosen: Chosen) -> None:
    """Draw the rows."""
    clicked, held = columns.opened(_CUSTOMER), columns.opened(_HELD)
    if clicked is not None and clicked < len(rows):
        filters.go(links.to("customer"), {"id": str(rows[clicked].organization_id)})
    if held is not None and held < len(rows):
        who = str(rows[held].organization_id)
        filters.go(links.to("subscriptions"), address("subscriptions", chosen.month, customer=who))
    columns.table(
        _frame(rows),
        {
            "customer": columns.opener("Customer", key=_CUSTOMER, width=160),
            "at": columns.day("Date"),
            "kind": columns.pills("movement", "Movement", width=115),
            "reported": columns.change("MRR", REPORTING, whole=False, help="At the exchange rate of its own day."),
            "change": columns.text("As agreed", width=110, help="In the customer's own currency."),
            "tier": columns.text("Tier", width=140),
            "reason": columns.text("Reason", width=180),
            "held": columns.button("", key=_HELD),
        },
        key="movements",
        alt="Movements of MRR, newest first: customer, date, kind, amount in dollars and as agreed, tier and reason.",
        height="content" if len(rows) <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _frame(rows: Sequence[MovementRow]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": [each.customer for each in rows],
            "at": [each.at for each in rows],
            "kind": pills.cells("movement", [each.kind for each in rows]),
            "reported": [say.major(each.reported.minor, REPORTING) for each in rows],
            "change": [say.amount(each.counted, sign=True) for each in rows],
            "tier": [_tier(each) for each in rows],
            "reason": [each.reason for each in rows],
            "held": ["Subscriptions"] * len(rows),
        }
    )


def _tier(each: MovementRow) -> str:
    """The tier it was moved on, and the one it came from where that changed."""
    now = pills.word("tier", each.tier_id)
    return now if each.from_tier_id is None else f"{pills.word('tier', each.from_tier_id)} → {now}"
