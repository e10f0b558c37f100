"""What every customer pays at some instants, as arrays: who paid when a time began, and what they pay when it ends."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from core.finance.appended import Ints
from core.finance.changes import Changes, changes, microseconds
from core.finance.tally import Axis, Exchange, Rows
from db.session import ReadSession

# So many customers at once that their balances at some dozens of instants stay within a few megabytes.
_AT_ONCE: Final = 20_000


def balances(moved: Changes, instants: Sequence[datetime]) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Yield, some thousand customers at a time, what they have just before each of some ascending instants.

    Customers and currencies by number, a row each customer and currency, and the balances (rows by instants).
    """
    many = max(len(moved.currencies), 1)
    whose = moved.who * many + moved.currency
    begins = np.flatnonzero(np.diff(whose, prepend=-1))
    codes = whose[begins]
    column = np.searchsorted(microseconds(instants), moved.at, side="right")
    customers = codes // many
    first = 0
    while first < len(codes):
        # Up to a whole customer, so that all of their currencies are together.
        upto = int(np.searchsorted(customers, customers[min(first + _AT_ONCE, len(codes)) - 1], side="right"))
        begin, end = begins[first], begins[upto] if upto < len(codes) else len(whose)
        pair = np.repeat(np.arange(upto - first), np.diff(begins[first:upto], append=end))
        found = np.zeros((upto - first, len(instants) + 1), dtype=np.int64)
        np.add.at(found, (pair, column[begin:end]), moved.minor[begin:end])
        yield customers[first:upto], codes[first:upto] % many, np.cumsum(found[:, :-1], axis=1)
        first = upto


def by_tier(session: ReadSession, tiers: Sequence[str], axis: Axis, exchange: Exchange) -> tuple[pd.DataFrame, Rows]:
    """Return what each movement does to single customers on each of `tiers`, as `holdings` takes it.

    The change itself, and what came along from another tier; not of which kind, for nobody counts it there.
    """
    moved = changes(session)
    place = np.array([tiers.index(each) if each in tiers else -1 for each in moved.tiers], dtype=np.int64)
    money = np.array([_place(exchange.currencies, each) for each in moved.currencies], dtype=np.int64)
    bucket = np.searchsorted(microseconds(axis.edges), moved.at, side="right")
    early = bucket < len(axis.edges)
    along = early & (moved.from_tier >= 0) & (moved.from_tier != moved.tier)
    legs = ((early, moved.tier, moved.minor), (along, moved.tier, moved.moved), (along, moved.from_tier, -moved.moved))
    tier, minor = (np.concatenate([each[column][each[0]] for each in legs]) for column in (1, 2))
    who, currency, at = (
        np.concatenate([each[some] for some, *_ in legs]) for each in (moved.who, moved.currency, bucket)
    )
    nothing = np.zeros(len(who), dtype=np.int64)
    wanted = np.ones(len(who), dtype=np.bool_)
    rows = Rows(place[tier], money[currency], nothing, at, minor, nothing, wanted)
    return pd.DataFrame({"organization_id": who}), rows


def _place(known: Sequence[str], name: str) -> int:
    return known.index(name) if name in known else -1


def customers_and_kept(moved: Changes, axis: Axis, exchange: Exchange) -> tuple[dict[str, Ints], tuple[Any, Any]]:
    """Return how many pay when each period begins and ends, and exactly what its first customers keep, and capped.

    The same as `paying` and `kept` of core/finance/retention.py where there is one group of everybody.
    """
    instants = sorted({axis.edges[each - 1] for each in axis.first} | {axis.edges[each] for each in axis.last})
    begins = [instants.index(axis.edges[each - 1]) for each in axis.first]
    ends = [instants.index(axis.edges[each]) for each in axis.last]
    worth = Exchange(exchange.rates, moved.currencies).on(axis.opening_days())
    paying = np.zeros(len(instants), dtype=np.int64)
    exact: list[Any] = [np.zeros(len(begins), dtype=object) for _ in range(2)]
    for who, currency, held in balances(moved, instants):
        single = np.bincount(who - who[0])[who - who[0]] == 1
        paying += (held[single] > 0).sum(axis=0)
        for number in range(len(moved.currencies)):
            own = held[single & (currency == number)]
            still, capped = _kept(own, begins, ends)
            exact[0] = exact[0] + still.astype(object) * worth[number]
            exact[1] = exact[1] + capped.astype(object) * worth[number]
        if not single.all():
            _add_mixed(exact, paying, (who[~single], currency[~single], held[~single]), (begins, ends, worth))
    counts = {"customers_opening": paying[None, begins], "customers_closing": paying[None, ends]}
    return counts, (exact[0][None, :], exact[1][None, :])


def _kept(held: Ints, begins: list[int], ends: list[int]) -> tuple[Ints, Ints]:
    """Return for each period what those who paid when it began have when it ends, and each at most what they had."""
    still, capped = (np.zeros(len(begins), dtype=np.int64) for _ in range(2))
    columns = np.ascontiguousarray(held.T)
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        still[number] = columns[end][columns[begin] > 0].sum()
        capped[number] = np.minimum(columns[begin], columns[end]).sum()
    return still, capped


def _add_mixed(
    exact: list[Any], paying: Ints, some: tuple[Ints, Ints, Ints], at: tuple[list[int], list[int], Any]
) -> None:
    """Add those who pay in several currencies: only what all of these are worth together says what they keep."""
    (who, currency, held), (begins, ends, worth) = some, at
    _, place = np.unique(who, return_inverse=True)
    sums = np.zeros((place.max() + 1, held.shape[1]), dtype=np.int64)
    np.add.at(sums, place, held)
    paying += (sums > 0).sum(axis=0)
    had, has = (np.zeros((len(sums), len(begins)), dtype=object) for _ in range(2))
    np.add.at(had, place, held[:, begins].astype(object) * worth[currency])
    np.add.at(has, place, held[:, ends].astype(object) * worth[currency])
    opened = had > 0
    exact[0] += np.where(opened, has, 0).sum(axis=0)
    exact[1] += np.where(opened, np.minimum(had, has), 0).sum(axis=0)
