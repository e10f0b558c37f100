"""The groups of MRR as a table: what each pays, its share, what moved, and the way to its subscriptions."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from core.finance.exchange import REPORTING
from core.finance.views import Split
from core.metrics.catalog import metric
from core.metrics.fields import DIMENSIONS
from core.metrics.sums import number, sums_of
from pages.finance.revenue_month import Chosen, address
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card

_OPEN: Final = "group-open"


def table(split: Split, named: Mapping[str, str], chosen: Chosen) -> None:
    """Draw the card; a click on a group opens its subscriptions."""
    label = DIMENSIONS[split.dimension].label
    groups = [str(each) for each in split.rows["group"]]
    clicked = columns.opened(_OPEN)
    if clicked is not None and clicked < len(groups):
        filters.go(
            links.to("subscriptions"),
            address("subscriptions", chosen.month, **{split.dimension: named[groups[clicked]]}),
        )
    note = f"{chosen.name}{', so far' if chosen.running else ''}. Open a row for its subscriptions."
    place = card("groups", f"Who it comes from, by {label.lower()}", note, height="content")
    with place.right:
        links.link("movements", "All movements", address("movements", chosen.month), icon="arrow_forward")
    with place.body:
        columns.table(
            _frame(split, named),
            {
                "group": columns.opener(label, key=_OPEN, width=150),
                "mrr": columns.money("MRR", REPORTING, help=metric("mrr").definition),
                "share": columns.share("Share", help="Of the MRR of all customers."),
                "trend": columns.trend("By month", help="MRR at month ends, oldest first."),
                "net_new": columns.change("Net new", REPORTING, help=metric("net_new_mrr").definition),
                "growth": columns.rate("Growth", help=metric("mrr_growth").definition),
                "customers": columns.count("Customers", help=metric("paying_customers").definition),
                "arpa": columns.money("ARPA", REPORTING, help=metric("arpa").definition),
            },
            key="groups",
            alt=f"MRR by {label.lower()} with share, trend, net new MRR, growth, customers and MRR per customer.",
            height="content",
        )


def _frame(split: Split, named: Mapping[str, str]) -> pd.DataFrame:
    whole = int(split.rows["closing"].sum())
    rows = split.rows.to_dict("records")
    return pd.DataFrame([_row(each, named, whole) for each in rows])


def _row(each: Mapping[Any, Any], named: Mapping[str, str], whole: int) -> dict[str, Any]:
    sums = sums_of(each)
    net_new, growth, arpa = (number(metric(one).of(sums)) for one in ("net_new_mrr", "mrr_growth", "arpa"))
    return {
        "group": named[str(each["group"])],
        "mrr": say.major(int(each["closing"]), REPORTING),
        "share": round(int(each["closing"]) / whole, 2) if whole else None,
        "trend": each["trend"],
        "net_new": say.major(int(net_new or 0), REPORTING),
        "growth": None if growth is None else float(growth * 100),
        "customers": int(each["customers_closing"]),
        "arpa": None if arpa is None else say.major(say.rounded(arpa), REPORTING),
    }
