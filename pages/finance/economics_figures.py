"""The six tiles of unit economics, each with its definition and a year of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from core.finance.economics import TRAILING
from core.metrics.answered import Figure
from core.metrics.catalog import metric
from core.metrics.metric import Sums
from core.metrics.query import Span
from core.metrics.sums import sums_of
from core.periods import Period
from pages.parts import links, measures
from pages.parts.cards import Drill, Tile

_TREND: Final = 13
# What ARPA, a number of the ledger, calls the sums that unit economics have by other names.
_AS_IN_THE_LEDGER: Final = {"closing": "mrr", "customers_closing": "customers"}
_SHOWN: Final = {
    "ltv_to_cac": ("", ""),
    "payback": ("", ""),
    "arpa": ("customers", "Customers by what they pay"),
    "gross_margin": ("costs", "Costs and margin"),
    "cac": ("cash", "What was spent"),
    "ltv": ("", ""),
}


@dataclass(frozen=True)
class Seen:
    """The sums of some months, each as of its end, the last as of now."""

    frame: pd.DataFrame
    months: tuple[Period, ...]

    @cached_property
    def _by_month(self) -> dict[pd.Timestamp, Sums]:
        rows = {row["period"]: sums_of(row) for row in self.frame.to_dict("records")}
        return {
            month: {**sums, **{name: sums[own] for name, own in _AS_IN_THE_LEDGER.items()}}
            for month, sums in rows.items()
        }

    def of(self, month: Period) -> Sums:
        """The sums as of the end of a month."""
        return self._by_month[pd.Timestamp(month.start.replace(tzinfo=None))]

    @property
    def now(self) -> Sums:
        """The sums as of now."""
        return self.of(self.months[-1])


def tiles(seen: Seen) -> list[Tile]:
    """The tiles, the answer first; each against half a year ago, when none of its months were the same."""
    return [_tile(seen, metric_id, *drill) for metric_id, drill in _SHOWN.items()]


def _tile(seen: Seen, metric_id: str, screen: str, words: str) -> Tile:
    one, months = metric(metric_id), seen.months[-_TREND:]
    values = tuple(one.of(seen.of(each)) for each in months)
    last, before = months[-1], months[-1 - TRAILING]
    span = Span(start=last.start.date(), end=last.end.date(), label="now")
    earlier = Span(start=before.start.date(), end=before.end.date(), label=f"vs {before.start:%b}")
    found = Figure(one, values[-1], values[-1 - TRAILING], span, earlier, values)
    return measures.tile(found, drill=Drill(links.to(screen), words) if screen else None)
