"""From what moved to opening, movements and closing of each group and period: exact sums, each rounded once."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.finance.exchange import REPORTING, Rates
from core.finance.movements import KINDS
from core.finance.rounding import EXACT, allotted, rounded
from core.money import exponent
from core.periods import INSTANT, Period, midnight

FLOWS: Final = (*KINDS, "transfer")
COUNTED: Final = {"new": "customers_new", "churn": "customers_churned", "reactivation": "customers_reactivated"}
Grid = NDArray[Any]


@dataclass(frozen=True)
class Axis:
    """Where periods cut the time: `edges` ascending, and for each period its first and last bucket between them.

    Every change of a rate is an edge too, so that one rate a currency holds within a bucket.
    """

    edges: tuple[datetime, ...]
    first: tuple[int, ...]
    last: tuple[int, ...]

    def opening_days(self) -> list[date]:
        """Return the days whose rates the openings are reported at: the last before each period."""
        return [last_day(self.edges[each - 1]) for each in self.first]

    def closing_days(self) -> list[date]:
        """Return the days whose rates the closings are reported at: the last of each period."""
        return [last_day(self.edges[each]) for each in self.last]


def last_day(end: datetime) -> date:
    """Return the UTC day of the last instant before `end`."""
    return (end - INSTANT).date()


def axis(periods: Sequence[Period], rates: Rates, as_of: datetime) -> Axis:
    """Return where some periods cut the time; what is dated after `as_of` has not happened yet."""
    now = as_of + INSTANT
    starts = [min(each.start, now) for each in periods]
    ends = [max(start, min(each.end, now)) for start, each in zip(starts, periods, strict=True)]
    days = {day for known in rates.steps.values() for day, _ in known}
    within = min(starts).astimezone(UTC).date(), max(ends).astimezone(UTC).date()
    changes = {at for day in days if within[0] <= day <= within[1] and min(starts) < (at := midnight(day)) < max(ends)}
    edges = tuple(sorted({*starts, *ends} | changes))
    first, last = (tuple(bisect_left(edges, each) for each in side) for side in (starts, ends))
    # Bucket n lies between edge n - 1 and edge n.
    return Axis(edges, tuple(each + 1 for each in first), last)


@dataclass(frozen=True)
class Tally:
    """`groups`: a row a group; `measures`: for each, whole numbers by group and period."""

    groups: pd.DataFrame
    measures: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Rows:
    """Flows as columns; `group` numbers the groups, and what is not `wanted` counts for no group's own sums."""

    group: Grid
    currency: Grid
    kind: Grid
    bucket: Grid
    minor: Grid
    events: Grid
    wanted: Grid


class Exchange:
    """Rates of the currencies of some flows as exact whole numbers: units of 1 / EXACT minor of REPORTING."""

    def __init__(self, rates: Rates, currencies: Sequence[str]) -> None:
        self.rates, self.currencies = rates, currencies

    def on(self, days: Sequence[date]) -> Grid:
        """Return what a minor unit of each currency (rows) is worth on each day (columns).

        Before a currency's first rate nobody can have paid in it; there its first rate stands in.
        """
        found = [[self._factor(each, day) for day in days] for each in self.currencies]
        return np.array(found, dtype=object).reshape(len(self.currencies), len(days))

    def _factor(self, currency: str, day: date) -> int:
        known = self.rates.steps.get(currency, ())
        rate = self.rates.on(currency, max(day, known[0][0]) if known else day)
        return int(rate.scaleb(exponent(REPORTING) - exponent(currency)) * EXACT)


def levels(codes: Grid, count: int, rows: Rows, bounds: Sequence[int]) -> NDArray[np.int64]:
    """Return the balance of each code just before each of some buckets, in minor units of the rows' own currency."""
    column = np.searchsorted(np.asarray(bounds), rows.bucket, side="right")
    inside = column < len(bounds)
    found = np.zeros((count, len(bounds)), dtype=np.int64)
    np.add.at(found, (codes[inside], column[inside]), rows.minor[inside])
    return np.cumsum(found, axis=1, dtype=np.int64)


def money(
    rows: Rows, groups: int, axis: Axis, exchange: Exchange, together: Grid | None
) -> tuple[dict[str, NDArray[np.int64]], Grid]:
    """Return the money measures of every group and period, and the openings before they were rounded.

    opening + movements + transfer + exchange = closing in each of them. Groups of one number in `together` are rounded
    together, so that they add up to their rounded sum.
    """
    own = _only(rows, rows.wanted)
    many = len(exchange.currencies)
    bounds = sorted({*axis.first, *(each + 1 for each in axis.last)})
    native = levels(own.group * many + own.currency, groups * many, own, bounds).reshape(groups, many, len(bounds))
    opening = _reported(native, [bounds.index(each) for each in axis.first], exchange.on(axis.opening_days()))
    closing = _reported(native, [bounds.index(each + 1) for each in axis.last], exchange.on(axis.closing_days()))
    exact = {"opening": opening, **_moved(own, groups, axis, exchange), "closing": closing}
    found = {name: settled(values, together) for name, values in exact.items()}
    found["exchange"] = found["closing"] - found["opening"] - sum(found[name] for name in FLOWS)
    return found, opening


def settled(exact: Grid, together: Grid | None) -> NDArray[np.int64]:
    """Return exact sums as whole minor units, rounded each by itself or as parts of a whole."""
    return rounded(exact) if together is None else allotted(exact, together)


def counts(rows: Rows, groups: int, axis: Axis) -> dict[str, NDArray[np.int64]]:
    """Return how many customers were won, lost and won back in each group and period."""
    found = {name: np.zeros((groups, len(axis.first)), dtype=np.int64) for name in COUNTED.values()}
    for kind, name in COUNTED.items():
        some = _only(rows, rows.wanted & (rows.kind == kind))
        for period, (first, last) in enumerate(zip(axis.first, axis.last, strict=True)):
            within = (some.bucket >= first) & (some.bucket <= last)
            np.add.at(found[name][:, period], some.group[within], some.events[within])
    return found


def _reported(native: NDArray[np.int64], at: list[int], factors: Grid) -> Grid:
    """Return the exact worth of balances (group, currency, bound) at each period's bound."""
    found = np.zeros((native.shape[0], len(at)), dtype=object)
    for currency in range(native.shape[1]):
        found = found + native[:, currency, :][:, at].astype(object) * factors[currency]
    return found


def _moved(rows: Rows, groups: int, axis: Axis, exchange: Exchange) -> dict[str, Grid]:
    """Return the exact worth of each kind of flow, every flow at the rate of its own day."""
    found: dict[str, Grid] = {name: np.zeros((groups, len(axis.first)), dtype=object) for name in FLOWS}
    factors = exchange.on([each.date() for each in axis.edges])
    for kind in FLOWS:
        some = _only(rows, rows.kind == kind)
        worth = some.minor.astype(object) * factors[some.currency, some.bucket - 1]
        for period, (first, last) in enumerate(zip(axis.first, axis.last, strict=True)):
            within = (some.bucket >= first) & (some.bucket <= last)
            np.add.at(found[kind][:, period], some.group[within], worth[within])
    return found


def _only(rows: Rows, some: Grid) -> Rows:
    return Rows(*(getattr(rows, name)[some] for name in Rows.__dataclass_fields__))
