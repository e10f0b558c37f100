"""Unit economics by tier, as far as they are known by tier: what is spent on winning customers is not."""

from datetime import datetime
from typing import Any, Final

import pandas as pd

from core.access.actor import Actor
from core.finance import rates
from core.finance.economics import tier_economics
from core.finance.exchange import REPORTING
from core.metrics.catalog import metric
from core.metrics.metric import Value
from core.metrics.sums import number, sums_of
from pages.parts import columns, measures, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_METRICS: Final = ("gross_margin", "ltv")


def show(actor: Actor, now: datetime) -> None:
    """Draw the table."""
    found = load(tier_economics, actor, as_of=now)
    note = "CAC is known as a whole alone, so a tier has no LTV:CAC"
    with card("tiers", "By tier", note, height="stretch").body:
        columns.table(
            _frame(found),
            {
                "tier": columns.pills("tier", "Tier"),
                "customers": columns.count("Customers", help="Who pay now."),
                "mrr": columns.money("MRR", REPORTING),
                "arpa": columns.money("ARPA", REPORTING, help=metric("arpa").definition),
                "margin": columns.rate("Margin", help=metric("gross_margin").definition),
                "churn": columns.rate("Churn", help="Customers lost a month, of those at its start, over six months."),
                "ltv": columns.text("LTV", width=100, help=metric("ltv").definition),
            },
            key="tiers",
            alt="Tiers with paying customers, MRR, ARPA, gross margin, monthly churn and LTV.",
            height="content",
        )


def _frame(found: pd.DataFrame) -> pd.DataFrame:
    rows = [_row({str(name): value for name, value in row.items()}) for row in found.to_dict("records")]
    return pd.DataFrame(rows)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    sums = sums_of(row)
    margin, ltv = (metric(each).of(sums) for each in _METRICS)
    paid = metric("arpa").of({"closing": sums["mrr"], "customers_closing": sums["customers"]})
    return {
        "tier": pills.cells("tier", [row["tier"]])[0],
        "customers": row["customers"],
        "mrr": say.major(row["mrr"], REPORTING),
        "arpa": _money(paid),
        "margin": _rate(margin),
        "churn": _rate(rates.logo_churn(sums["opening_months"], sums["churned"])),
        "ltv": "nobody left" if not row["churned"] and row["opening_months"] else measures.shown(ltv, "money"),
    }


def _money(value: Value) -> Any:
    known = number(value)
    return None if known is None else say.major(say.rounded(known), REPORTING)


def _rate(value: Value | None) -> float | None:
    known = number(value)
    return None if known is None else say.rounded(known * 1000) / 10
