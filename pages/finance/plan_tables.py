"""Who pays for what and how, and every price that ever stood."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import pandas as pd

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.price_lists import PriceVersion
from core.finance.plans import Plan
from pages.finance import plan_price_change
from pages.parts import columns, pills, terms
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import present

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


def versions(actor: Actor, found: Sequence[PriceVersion], listed: Sequence[Plan]) -> None:
    """Prices by list, with from when until when each stood; a planned one can be taken back."""
    may, now = actor.may(Permission.FINANCE_MANAGE_COSTS), present()
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
    place = card("prices", "Prices", note, height="stretch")
    with place.body:
        picked = columns.table(
            pd.DataFrame(
                {
                    "tier": pills.cells("tier", [each.price.tier_id for each in rows]),
                    "period": [terms.PERIODS[each.price.billing_period] for each in rows],
                    "amount": [say.amount(each.price.amount, whole=True) for each in rows],
                    "state": [_state(each, now) for each in rows],
                    "since": [each.price.valid_from.date() for each in rows],
                    "until": [None if each.until is None else each.until.date() for each in rows],
                }
            ),
            {
                "tier": columns.pills("tier", "Tier"),
                "period": columns.text("Billed", width=95),
                "amount": columns.text("Price", width=90),
                "state": columns.text("State", width=80),
                "since": columns.day("From"),
                "until": columns.day("Until"),
            },
            key="prices",
            alt="Prices by tier, billing period and currency, with from when until when each stood.",
            select="one" if may else "none",
            height=_height(len(rows)),
        )
    if picked and picked[0] < len(rows) and rows[picked[0]].price.valid_from > now:
        with place.right:
            plan_price_change.take_back(actor, rows[picked[0]])


def _state(version: PriceVersion, now: datetime) -> str:
    if version.price.valid_from > now:
        return "Planned"
    return "Before" if version.until is not None and version.until <= now else "In force"


def _height(rows: int) -> int | Literal["content"]:
    return "content" if rows <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT)
