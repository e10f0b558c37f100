"""Who pays for what and how, and every price that ever stood."""

from collections.abc import Sequence
from typing import Final, Literal

import pandas as pd

from core.billing.price_lists import PriceVersion
from core.finance.plans import Plan
from pages.parts import columns, pills, terms
from pages.parts import format as say
from pages.parts.cards import card

_ROWS_IN_SIGHT: Final = 11


def paying(found: Sequence[Plan]) -> None:
    """Customers and MRR by tier, billing period and currency, the most MRR first."""
    rows = [(plan.tier.id, own) for plan in reversed(found) for own in plan.terms]
    with card("paying", "Who is on what", "By tier, billing period and currency", height="stretch").body:
        columns.table(
            pd.DataFrame(
                {
                    "tier": pills.cells("tier", [tier for tier, _ in rows]),
                    "period": [terms.PERIODS[own.billing_period] for _, own in rows],
                    "currency": [own.currency for _, own in rows],
                    "customers": [own.customers for _, own in rows],
                    "mrr": [say.amount(own.mrr, whole=True) for _, own in rows],
                }
            ),
            {
                "tier": columns.pills("tier", "Tier"),
                "period": columns.text("Billed", width=110),
                "currency": columns.text("Currency", width=90),
                "customers": columns.count("Customers"),
                "mrr": columns.text("MRR", width=120, help="In the currency that they pay in."),
            },
            key="paying",
            alt="Customers and MRR by tier, billing period and currency.",
            height=_height(len(rows)),
        )


def versions(found: Sequence[PriceVersion], listed: Sequence[Plan]) -> None:
    """Prices by list, with from when until when each stood."""
    order = {plan.tier.id: plan.tier.rank for plan in listed}
    rows = sorted(
        (each for each in found if each.price.amount),
        key=lambda each: (
            -order.get(each.price.tier_id, 0),
            each.price.amount.currency,
            tuple(terms.PERIODS).index(each.price.billing_period),
            -each.price.valid_from.timestamp(),
        ),
    )
    note = f"{say.count(len(rows), 'price')}; a new one never changes what was agreed before it"
    with card("prices", "Prices", note, height="stretch").body:
        columns.table(
            pd.DataFrame(
                {
                    "tier": pills.cells("tier", [each.price.tier_id for each in rows]),
                    "period": [terms.PERIODS[each.price.billing_period] for each in rows],
                    "amount": [say.amount(each.price.amount, whole=True) for each in rows],
                    "since": [each.price.valid_from.date() for each in rows],
                    "until": [None if each.until is None else each.until.date() for each in rows],
                }
            ),
            {
                "tier": columns.pills("tier", "Tier"),
                "period": columns.text("Billed", width=95),
                "amount": columns.text("Price", width=90),
                "since": columns.day("From"),
                "until": columns.day("Until"),
            },
            key="prices",
            alt="Prices by tier, billing period and currency, with from when until when each stood.",
            height=_height(len(rows)),
        )


def _height(rows: int) -> int | Literal["content"]:
    return "content" if rows <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT)
