"""The newest cost entries, and taking one back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.booked import BookedCost, booked_costs
from core.finance.booking import reverse_cost
from pages.finance import reversal
from pages.finance.cost_change import KINDS
from pages.finance.products import product_name
from pages.parts import columns, export
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_MOST: Final = 300


def show(actor: Actor, now: datetime) -> None:
    """Draw the entries; a selected one can be reversed by who may record costs."""
    found = load(booked_costs, actor, as_of=now, limit=_MOST)
    if not found:
        return
    place = card("entries", "Entries", "The newest first; an entry is reversed, never edited", height="content")
    with place.right:
        export.menu(actor, "costs")
    with place.body:
        may = actor.may(Permission.FINANCE_MANAGE_COSTS)
        picked = columns.table(
            _frame(found),
            {
                "day": columns.day("Day"),
                "kind": columns.text("Kind", width=110),
                "amount": columns.text("Amount", width=110),
                "customer": columns.text("Customer", width=160),
                "product": columns.text("Product", width=140),
                "note": columns.text("Note", width=180),
                "state": columns.text("State", width=90),
                "source": columns.text("From", width=90),
            },
            key="cost-entries",
            alt="Cost entries with day, kind, amount, customer, product, note, state, and where they came from.",
            select="one" if may else "none",
            height=320,
        )
    if picked and picked[0] < len(found):
        with place.right:
            each = found[picked[0]]
            what = f"{KINDS[each.kind]} of {say.day(each.booked_on)} for {each.customer or 'all customers'}"
            reversal.button(actor, each, what, reverse_cost)


def _frame(found: Sequence[BookedCost]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": [each.booked_on for each in found],
            "kind": [KINDS[each.kind] for each in found],
            "amount": [say.amount(each.amount) for each in found],
            "customer": [each.customer or "Shared by all" for each in found],
            "product": [product_name(each.product_id) for each in found],
            "note": [each.note for each in found],
            "state": [reversal.state(each) for each in found],
            "source": [each.source.capitalize() for each in found],
        }
    )
