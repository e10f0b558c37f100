"""The tiles of Revenue: MRR and ARR where the month stands, and the rates of the last month that is over."""

from functools import partial
from typing import Final

import pandas as pd

from core.finance.exchange import REPORTING
from core.finance.views import of_month, summed, until
from core.metrics.catalog import metric
from core.metrics.metric import Sums
from core.metrics.sums import number
from core.periods import Period, add_months, month_of
from pages.finance.over_months import level, rate
from pages.finance.revenue_month import Chosen, address
from pages.parts import cards, links
from pages.parts import format as say
from pages.parts.cards import Change, Direction, Drill, Tile

_QUICK_MONTHS: Final = 6


def tiles(months: pd.DataFrame, years: pd.DataFrame, chosen: Chosen) -> list[Tile]:
    """The five, left to right; `months` holds the ledger's sums of each, `years` of the year that ends with each."""
    by_month, judged = partial(of_month, months), chosen.judged
    made_of = Drill(
        links.to("subscriptions"), "The subscriptions it is made of", address("subscriptions", chosen.month)
    )

    def half_year(last: Period) -> Sums:
        return summed(until(months, last, _QUICK_MONTHS))

    return [
        level("mrr", by_month, chosen.month, change=_net_new(months, chosen), drill=made_of),
        level(
            "arr", by_month, chosen.month, change=_on_year(months, chosen), drill=made_of, note="nobody paid a year ago"
        ),
        rate("mrr_growth", by_month, judged, label=f"Growth in {judged.start:%B}", drill=_movements(judged)),
        rate("quick_ratio", half_year, judged, label="Quick ratio, 6 months", drill=_movements(judged, _QUICK_MONTHS)),
        rate(
            "nrr",
            partial(of_month, years),
            judged,
            label="NRR, 12 months",
            drill=Drill(links.to("retention"), "Retention", address("retention", chosen.month)),
        ),
    ]


def _net_new(months: pd.DataFrame, chosen: Chosen) -> Change:
    moved = int(number(metric("net_new_mrr").of(of_month(months, chosen.month))) or 0)
    direction: Direction = "up" if moved > 0 else "down" if moved < 0 else "flat"
    return Change(
        say.money(moved, REPORTING, whole=True, sign=True), direction, "net new", moved > 0 if moved else None
    )


def _on_year(months: pd.DataFrame, chosen: Chosen) -> Change | None:
    year_ago = of_month(months, month_of(add_months(chosen.month.start, -12)))
    return cards.growth(of_month(months, chosen.month)["closing"], year_ago["closing"], against="on a year ago")


def _movements(last: Period, over: int = 1) -> Drill:
    return Drill(links.to("movements"), "The movements", address("movements", last, over=say.count(over, "month")))
