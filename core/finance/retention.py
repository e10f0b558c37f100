"""Which customers a period began and ended with, and what its opening customers pay at its end."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.finance.tally import Axis, Exchange, Grid, Rows, levels


@dataclass(frozen=True)
class Holdings:
    """What single customers have: one code a (customer, group, currency), with its balances at the bounds.

    `holder` numbers (customer, group). `pool` numbers (customer, group without its tier): where somebody changes the
    tier, what they still pay is looked for in the pool.
    """

    group: Grid
    holder: Grid
    pool: Grid
    currency: Grid
    wanted: Grid
    balance: Grid
    bounds: tuple[int, ...]


def holdings(frame: pd.DataFrame, rows: Rows, axis: Axis, pool: Sequence[str]) -> Holdings:
    """Return the holdings behind flows by customer; `pool` names the columns of the groups that are no tier."""
    bounds = tuple(sorted({*axis.first, *(each + 1 for each in axis.last)}))
    keys = pd.DataFrame({"group": rows.group, "currency": rows.currency, "wanted": rows.wanted})
    keys["holder"] = _numbered(pd.DataFrame({"who": frame["organization_id"], "group": rows.group}))
    keys["pool"] = _numbered(frame[["organization_id", *pool]])
    # A tier that is asked for and one that is not may share a group: they are apart here, and together in the pool.
    codes = _numbered(keys[["holder", "pool", "currency", "wanted"]])
    one = keys.groupby(codes).first() if len(keys) else keys
    columns = {name: one[name].to_numpy() for name in ("group", "holder", "pool", "currency", "wanted")}
    return Holdings(**columns, balance=levels(codes, len(one), rows, bounds), bounds=bounds)


def paying(held: Holdings, groups: int, axis: Axis) -> dict[str, NDArray[np.int64]]:
    """Return how many customers had MRR in each group when each period began and ended."""
    holders = int(held.holder.max()) + 1 if len(held.holder) else 0
    size = np.zeros((holders, len(held.bounds)), dtype=np.int64)
    np.add.at(size, held.holder[held.wanted], held.balance[held.wanted])
    group = np.zeros(holders, dtype=np.int64)
    group[held.holder] = held.group
    found = np.zeros((groups, len(held.bounds)), dtype=np.int64)
    np.add.at(found, group, (size > 0).astype(np.int64))
    at = {"customers_opening": axis.first, "customers_closing": tuple(each + 1 for each in axis.last)}
    return {name: found[:, [held.bounds.index(each) for each in bounds]] for name, bounds in at.items()}


def kept(held: Holdings, opening: Grid, axis: Axis, exchange: Exchange) -> tuple[Grid, Grid]:
    """Return exactly what the opening customers of each group pay at the period's end, and that capped.

    At the opening's rates, each capped at what they paid then. Who changed the tier is still of the tier they began
    with; who was on several loses and gains in proportion to them.
    """
    still, capped = opening.copy(), opening.copy()
    factors = exchange.on(axis.opening_days())
    for period, (first, last) in enumerate(zip(axis.first, axis.last, strict=True)):
        before = held.balance[:, held.bounds.index(first)]
        after = held.balance[:, held.bounds.index(last + 1)]
        group, lost, fell = _lost(held, before, after, factors[:, period])
        np.subtract.at(still[:, period], group, lost)
        np.subtract.at(capped[:, period], group, fell)
    return still, capped


def _lost(held: Holdings, before: Grid, after: Grid, worth: Grid) -> tuple[Grid, Grid, Grid]:
    """Return for each holder whose pool changed: the group, what it lost, and that without what it gained."""
    changed = np.zeros(int(held.pool.max()) + 1 if len(held.pool) else 0, dtype=np.bool_)
    changed[held.pool[before != after]] = True
    some = np.flatnonzero(changed[held.pool])
    factor = worth[held.currency[some]]
    had, has = before[some].astype(object) * factor, after[some].astype(object) * factor
    pools, pool = np.unique(held.pool[some], return_inverse=True)
    opened, closed = (_summed(pool, len(pools), amounts) for amounts in (had, has))
    own = held.wanted[some]
    holders, first, holder = np.unique(held.holder[some][own], return_index=True, return_inverse=True)
    part = _summed(holder, len(holders), had[own])
    pool = pool[own][first]
    whole = np.where(opened[pool] > 0, opened[pool], 1)
    lost = (opened - closed)[pool] * part // whole
    return held.group[some][own][first], lost, np.where(lost > 0, lost, 0)


def _summed(codes: Grid, count: int, amounts: Grid) -> Grid:
    found = np.zeros(count, dtype=object)
    np.add.at(found, codes, amounts)
    return found


def _numbered(frame: pd.DataFrame) -> Grid:
    """Return for each row the number of its combination of values."""
    return frame.groupby(list(frame.columns), sort=False, dropna=False).ngroup().to_numpy()
