"""The six tiles of unit economics, each with its definition and two years of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import pandas as pd

from core.metrics.catalog import metric
from core.metrics.metric import Sums
from core.metrics.sums import sums_of
from core.periods import Period
from pages.finance.over_months import rate
from pages.parts import links
from pages.parts.cards import Drill, Tile

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
    """The tiles, the answer first."""
    return [_tile(seen, metric_id, *drill) for metric_id, drill in _SHOWN.items()]


def _tile(seen: Seen, metric_id: str, screen: str, words: str) -> Tile:
    drill = Drill(links.to(screen), words) if screen else None
    return rate(metric_id, seen.of, seen.months[-1], label=metric(metric_id).label, drill=drill)
