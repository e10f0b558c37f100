"""The differences as a table: whose, about what, what Stripe says and what we say, and the gap."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.finance.differences import FAULTS, Difference
from core.finance.reconciliation import Reconciliation
from pages.parts import columns, filters, links
from pages.parts import format as say

_CUSTOMER: Final = "differs-customer"
_ROWS_IN_SIGHT: Final = 16
_REMEDIES: Final = 5
_ABOUT: Final = {
    "customer": "Customers",
    "subscription": "Subscriptions",
    "mrr": "Ledger",
    "invoice": "Invoices",
    "payment": "Payments",
    "refund": "Refunds",
    "dispute": "Disputes",
}


def show(found: Reconciliation) -> None:
    """Draw the table, narrowed to subjects; nothing where everything agrees."""
    if found.agrees:
        return
    there = [subject for subject in _ABOUT if any(one.subject == subject for one in found.differences)]
    picked = []
    if len(there) > 1:
        picked = filters.some_of("About", there, key="about", show=lambda one: _ABOUT[one])
    rows = [one for one in found.differences if not picked or one.subject in picked]
    clicked = columns.opened(_CUSTOMER)
    if clicked is not None and clicked < len(rows) and rows[clicked].organization_id is not None:
        filters.go(links.to("customer"), {"id": str(rows[clicked].organization_id)})
    columns.table(
        _frame(rows, found),
        {
            "customer": columns.opener("Customer", key=_CUSTOMER, width=170),
            "about": columns.text("About", width=110),
            "fault": columns.text("Difference", width=130),
            "gap": columns.text("Stripe has more", width=120, help="A month for subscriptions; negative: less."),
            "stripe": columns.text("Stripe", width=180),
            "here": columns.text("Here", width=250),
            "id": columns.text("Id", width=170, help="Stripe's id, or ours of what Stripe does not have."),
        },
        key="differences",
        alt="Differences with customer, what they are about, what Stripe says, what we say, and the gap.",
        height="content" if len(rows) <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )
    _remedies(rows)
    st.caption(
        "The gaps of each subject add up to the difference between the two sums above, to the cent. "
        "docs/stripe.md says where Stripe and Calos reckon differently."
    )


def _remedies(rows: Sequence[Difference]) -> None:
    """What keeps Stripe's objects out, each sentence once: a cell is too narrow for it."""
    said = list(dict.fromkeys(one.here for one in rows if one.fault in {"unread", "missing_here"} and one.here))
    if said:
        left = f"\n- {say.count(len(said) - _REMEDIES, 'more is', 'more are')} in the export." * (len(said) > _REMEDIES)
        listed = "\n".join(f"- {say.plain(one)}" for one in said[:_REMEDIES])
        st.markdown(f"**What to mend**\n{listed}{left}")


def _frame(rows: Sequence[Difference], found: Reconciliation) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": [_name(one, found) for one in rows],
            "about": [_ABOUT[one.subject].removesuffix("s") for one in rows],
            "fault": [FAULTS[one.fault] for one in rows],
            "stripe": [one.stripe or say.DASH for one in rows],
            "here": [one.here or say.DASH for one in rows],
            "gap": [say.amount(one.gap, sign=True) if one.gap else say.DASH for one in rows],
            "id": [one.external_id for one in rows],
        }
    )


def _name(one: Difference, found: Reconciliation) -> str:
    named = found.customers.get(one.organization_id) if one.organization_id else None
    return named or (one.stripe if one.subject == "customer" else say.DASH)
