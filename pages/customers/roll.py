"""The table of customers: what each pays, how they are, how much they use, and when they were last seen."""

from datetime import date
from typing import Literal

import pandas as pd
from streamlit.elements.lib.column_types import ColumnConfig

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import Customer, CustomerTotals
from core.finance.exchange import REPORTING, Rates
from core.finance.reads import exchange_rates
from db.session import ReadSession
from pages.parts import columns, filters, links, pills
from pages.parts import format as say
from pages.parts.load import load

_OPEN = "customer-open"
_ROWS_IN_SIGHT = 16


def show(actor: Actor, customers: tuple[Customer, ...], today: date) -> None:
    """Draw the rows; a click on a name opens the customer."""
    row = columns.opened(_OPEN)
    if row is not None and row < len(customers):
        filters.go(links.to("customer"), {"install_id": customers[row].install_id})
    sees_money = actor.may(Permission.FINANCE_READ)
    rows = _frame(customers, load(_rates, actor) if sees_money else None, today)
    columns.table(
        rows,
        _columns(sees_money=sees_money),
        key="customers",
        alt="Customers with status, tier, MRR, health, events of 30 days, highest share of a limit, last seen, owner.",
        height=_height(len(customers)),
    )


def totals_line(totals: CustomerTotals, of: int) -> str:
    """How many are shown and what they pay together."""
    shown = (
        say.count(of, "customer")
        if totals.customers == of
        else f"{say.integer(totals.customers)} of {say.count(of, 'customer')}"
    )
    return shown if totals.mrr is None else f"{shown}, {say.amount(totals.mrr, whole=True)} MRR together"


def _height(rows: int) -> int | Literal["content"]:
    """All of a short list; of a long one a half row shows that there is more."""
    return "content" if rows <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT)


def _rates(session: ReadSession, _actor: Actor) -> Rates:
    return exchange_rates(session)


def _columns(*, sees_money: bool) -> dict[str, ColumnConfig | str | None]:
    """Who pays what and how they are comes first, so that a phone shows it without scrolling."""
    money = columns.money("MRR", REPORTING, help="Monthly value of the subscriptions, in US dollars at today's rate.")
    return {
        "name": columns.opener("Customer", key=_OPEN, width=155),
        **({"mrr": money} if sees_money else {}),
        "health": columns.progress(
            "Health", help="0 to 100, computed from usage; at risk below 50. Open a customer for its parts."
        ),
        "status": columns.pills("status", "Status", width=95),
        "tier": columns.pills("tier", "Tier", width=100),
        "daily": columns.trend("30 days", help="Telemetry events a day, oldest first."),
        "limit": columns.share("Limit", help="The highest share of any limit in force that a busy day uses."),
        "seen": columns.when("Last seen"),
        "owner": columns.text("Owner", width=100),
    }


def _frame(customers: tuple[Customer, ...], rates: Rates | None, today: date) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [each.name for each in customers],
            "status": pills.cells("status", [_state(each) for each in customers]),
            "tier": pills.cells("tier", [each.tier_id for each in customers]),
            "mrr": [
                None if rates is None or each.mrr is None else rates.report([each.mrr], today).major()
                for each in customers
            ],
            "health": [each.health for each in customers],
            "daily": [list(each.daily_30d) for each in customers],
            "limit": [None if each.limit_share is None else round(each.limit_share, 2) for each in customers],
            "seen": [each.last_seen_at for each in customers],
            "owner": [(each.owner_email or "").partition("@")[0].capitalize() for each in customers],
        }
    )


def _state(each: Customer) -> str:
    """A trial in force is called one; what ends it goes before."""
    return "trial" if each.term == "trial" and each.status == "active" else each.status
