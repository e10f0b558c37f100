"""The newest entries of the cash ledger, and taking one back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.booked import BookedCash, booked_cash
from core.finance.booking import reverse_cash
from pages.finance import reversal
from pages.finance.cash_statement import LABELS
from pages.parts import columns, export
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_MOST: Final = 200


def show(actor: Actor, now: datetime) -> None:
    """Draw the entries; a selected one can be reversed by who may record cash."""
    found = load(booked_cash, actor, as_of=now, limit=_MOST)
    place = card("entries", "Entries", "The newest first; an entry is reversed, never edited", height="content")
    with place.right:
        export.menu(actor, "cash")
    with place.body:
        may = actor.may(Permission.FINANCE_MANAGE_COSTS)
        picked = columns.table(
            _frame(found),
            {
                "day": columns.day("Day"),
                "category": columns.text("Category", width=130),
                "amount": columns.text("Amount", width=120),
                "note": columns.text("Note", width=280),
                "state": columns.text("State", width=110),
                "source": columns.text("From", width=90),
            },
            key="entries",
            alt="Cash entries with day, category, amount, note, whether they are reversed, and where they came from.",
            select="one" if may else "none",
            height=320,
        )
    if picked and picked[0] < len(found):
        with place.right:
            each = found[picked[0]]
            reversal.button(actor, each, f"{LABELS[each.category]} of {say.day(each.booked_on)}", reverse_cash)


def _frame(found: Sequence[BookedCash]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "day": [each.booked_on for each in found],
            "category": [LABELS[each.category] for each in found],
            "amount": [say.amount(each.amount, sign=True) for each in found],
            "note": [each.note for each in found],
            "state": [reversal.state(each) for each in found],
            "source": [each.source.capitalize() for each in found],
        }
    )
