"""The ageing report: who owes how much in which currency, and for how long."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.billing.invoices.ageing import BUCKETS, Aged
from core.finance.receivables import Receivables
from pages.parts import columns, export, filters, links
from pages.parts import format as say
from pages.parts.cards import card

_OPEN: Final = "aged-open"
_IN_SIGHT: Final = 6
_WORDS: Final = ("Not due", "1–30", "31–60", "61–90", "Over 90")


def show(actor: Actor, found: Receivables, day: date) -> None:
    """Draw the customers, those who owe most first; a name narrows the list to what they owe."""
    rows = sorted(found.rows, key=lambda one: (-sum(each.minor for each in one.amounts[1:]), -one.total.minor))
    clicked = columns.opened(_OPEN)
    if clicked is not None and clicked < len(rows):
        filters.go(links.to("invoices"), {"customer": rows[clicked].customer})
    note = "By days after it was due, in whole units. Open a row for the invoices"
    place = card("ageing", "Who owes it", note)
    with place.right:
        export.menu(actor, "ageing")
    with place.body:
        columns.table(
            _frame(rows, day),
            {
                "customer": columns.opener("Customer", key=_OPEN, width=134),
                "total": columns.text("Owed", width=88),
                **{name: columns.text(word, width=68) for name, word in zip(BUCKETS, _WORDS, strict=True)},
                "oldest": columns.text("Oldest", width=92, help="Since when the longest unpaid invoice is due."),
            },
            key="ageing",
            alt="Customers with what they owe, by days after it was due, and the oldest due day.",
            height="content" if len(rows) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
        )


def _frame(rows: Sequence[Aged], day: date) -> pd.DataFrame:
    cells = {
        name: [say.amount(one.amounts[place], whole=True) if one.amounts[place] else "" for one in rows]
        for place, name in enumerate(BUCKETS)
    }
    return pd.DataFrame(
        {
            "customer": [one.customer for one in rows],
            "total": [say.amount(one.total) for one in rows],
            **cells,
            "oldest": [_since(one.oldest, day) for one in rows],
        }
    )


def _since(oldest: date, day: date) -> str:
    late = (day - oldest).days
    return say.count(late, "day") if late > 0 else f"due {say.day(oldest, year=False)}"
