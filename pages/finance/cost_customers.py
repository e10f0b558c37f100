"""Margin by customer, those who cost more than they bring first, and by product."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
from streamlit.elements.lib.column_types import ColumnConfig

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.finance.margins import Margin, margins
from core.periods import INSTANT
from pages.finance.cost_figures import Seen
from pages.finance.products import product_name
from pages.parts import columns, export, filters, links, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_OPEN: Final = "margin-open"
_VIEWS: Final = {"Lose money": "lose", "Pay": "pay"}
_ROWS_IN_SIGHT: Final = 12


def show(actor: Actor, seen: Seen) -> None:
    """Draw the customers; a click on a name opens it."""
    place = card("customers", "Customers", f"In {seen.name}: those who leave least first", height="content")
    with place.right:
        view = filters.at_most_one("Show", list(_VIEWS), key="who")
        export.menu(actor, "margin", until=min(seen.now, seen.month.end - INSTANT).date())
    with place.body:
        everybody = load(margins, actor, seen.month, "customer", as_of=seen.now)
        found = [each for each in everybody if each.key is not None and _wanted(each, view)]
        row = columns.opened(_OPEN)
        if row is not None and row < len(found):
            filters.go(links.to("customer"), {"id": found[row].key or ""})
        columns.table(
            _frame([each.name for each in found], found),
            {
                "name": columns.opener("Customer", key=_OPEN, width=130),
                "tier": columns.pills("tier", "Tier", width=90),
                **_columns(seen),
            },
            key="margins",
            alt="Customers with tier, MRR, cost, what is left, margin, and the cost of the month before.",
            height="content" if len(found) <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
        )


def _wanted(each: Margin, view: str | None) -> bool:
    return view is None or (each.left.minor < 0 if _VIEWS[view] == "lose" else bool(each.mrr))


def products(actor: Actor, seen: Seen) -> None:
    """Draw the products: a tier's revenue is split by what its products cost alone."""
    found = load(margins, actor, seen.month, "product", as_of=seen.now)
    note = f"In {seen.name}; a tier's price is split over its products"
    with card("products", "Products", note, height="content").body:
        columns.table(
            _frame([product_name(each.key) for each in found], found),
            {"name": columns.name("Product", width=125), **_columns(seen, whole=True)},
            key="products",
            alt="Products with revenue, cost, what is left, margin, and the cost of the month before.",
            height="content",
        )


def _columns(seen: Seen, *, whole: bool = False) -> dict[str, ColumnConfig | str | None]:
    return {
        "left": columns.change("Left", REPORTING, help="MRR at the month's end, less what serving them cost."),
        "margin": columns.rate("Margin", help="What is left of each dollar of MRR; without MRR there is none."),
        "mrr": columns.money("MRR", REPORTING),
        "cost": columns.money("Cost", REPORTING, whole=whole),
        "moved": columns.change(f"vs {seen.before}", REPORTING, whole=whole, help="Cost against the month before."),
    }


def _frame(labels: Sequence[str], found: Sequence[Margin]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": labels,
            "tier": pills.cells("tier", [each.tier for each in found]),
            "mrr": [each.mrr.major() for each in found],
            "cost": [each.cost.major() for each in found],
            "left": [each.left.major() for each in found],
            "margin": [None if each.margin is None else say.rounded(each.margin * 1000) / 10 for each in found],
            "moved": [(each.cost - each.before).major() for each in found],
        }
    )
