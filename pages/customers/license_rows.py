"""Rows of licenses: a click on a name opens one, ticks stay with their licenses whatever becomes of the list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd

from core.licensing.reads import License
from pages.customers import matters
from pages.customers.holdings import state
from pages.parts import columns, filters, links, pills

_IN_SIGHT: Final = 16


def table(found: Sequence[License], now: datetime, *, key: str, tick: bool) -> list[License]:
    """Draw the rows; answer those that are ticked."""
    opener = f"{key}-open"
    row = columns.opened_of(opener, [each.install_id for each in found], table=key)
    if row is not None:
        filters.go(links.to("licenses"), {"install_id": found[row].install_id})
    picked = columns.lasting(
        [each.install_id for each in found],
        _frame(found, now),
        {
            "customer": columns.opener("Customer", key=opener, width=155),
            "matter": columns.text("What is the matter", width=180),
            "status": columns.pills("status", "Status", width=95),
            "tier": columns.pills("tier", "Tier", width=95),
            "ends": columns.day("Ends"),
            "seen": columns.when("Last check-in"),
            "install": columns.text("Install id", width=230),
        },
        key=key,
        alt="Licenses with customer, what is the matter, status, tier, end, last check-in and install id.",
        select="many" if tick else "none",
        height="content" if len(found) <= _IN_SIGHT else (_IN_SIGHT + 1) * columns.ROW_HEIGHT,
    )
    return [found[place] for place in picked]


def _frame(found: Sequence[License], now: datetime) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "install": [each.install_id for each in found],
            "customer": [each.organization_name for each in found],
            "matter": [matters.sentence(each, now) for each in found],
            "status": pills.cells("status", [state(each) for each in found]),
            "tier": pills.cells("tier", [each.tier_id for each in found]),
            "ends": [each.expires_at for each in found],
            "seen": [each.last_check_in_at for each in found],
        }
    )
