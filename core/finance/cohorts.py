"""Cohorts: of the customers who first paid in a month, how many still pay, and how much; and who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd

from core.access.actor import Actor
from core.errors import InvalidInput
from core.finance.changes import changes, microseconds
from core.finance.exchange import Rates
from core.finance.flows import exchange_rates, first_movements, names_of
from core.finance.ledger import may_see_all
from core.finance.rounding import rounded
from core.finance.tally import Exchange, Grid
from core.periods import INSTANT, Period, add_months, month_of
from db.session import ReadSession

COLUMNS: Final = ("cohort", "age", "customers", "mrr", "first_customers", "first_mrr")
CUSTOMERS: Final = ("customer", "organization_id", "first_at", "first_mrr", "mrr")


@dataclass(frozen=True)
class _Lives:
    """Customers by the month of their first MRR.

    `customers`: organization_id (text), first_at, cohort (number of a month), first (exact). `levels`: what each has at
    the end of each of `months`, exactly, at the rates of the day on which it first paid.
    """

    customers: pd.DataFrame
    months: list[Period]
    levels: Grid


def cohort_matrix(session: ReadSession, actor: Actor, months: Sequence[Period], *, as_of: datetime) -> pd.DataFrame:
    """Return how the customers who first paid in each of some months went on, one row a cohort and month of its life.

    Columns: cohort (its month, datetime64), age (months since, 0 is its own; until that of `as_of`), customers (who pay
    at that month's end, or at `as_of`), mrr (what they pay, in minor units of REPORTING), first_customers and first_mrr
    (all who came, and what with: `customers_new` and `new` of `ledger_facts`). Exchange stays out: everybody's MRR is
    at the rates of the day on which they first paid. Months in which nobody came are absent. Needs `finance:read`.
    """
    may_see_all(actor)
    asked = sorted(months, key=lambda each: each.start)
    if not asked or asked[0].start > as_of:
        return _typed([])
    lives = _lives(session, asked[0], as_of)
    rows: list[tuple[Any, ...]] = []
    for month in asked:
        if month not in lives.months:
            continue
        born = lives.months.index(month)
        members = np.flatnonzero(lives.customers["cohort"] == born)
        if not len(members):
            continue
        own = lives.levels[members, born:]
        first = int(rounded(np.array([lives.customers["first"].iloc[members].sum()], dtype=object))[0])
        counts, sums = (own > 0).sum(axis=0), rounded(own.sum(axis=0))
        rows += [
            (_start(month), age, int(counts[age]), int(sums[age]), len(members), first) for age in range(len(counts))
        ]
    return _typed(rows)


def cohort_customers(session: ReadSession, actor: Actor, cohort: Period, age: int, *, as_of: datetime) -> pd.DataFrame:
    """Return the customers behind one cell of the matrix: who pays most first, who left at the end.

    Columns: customer (the name), organization_id (text), first_at, first_mrr, mrr (at the end of the month `age` months
    later, or at `as_of`; 0 for who left). The same exchange as in the matrix. Needs `finance:read`.
    """
    may_see_all(actor)
    if age < 0:
        raise InvalidInput("A cohort's life begins with month 0.", field="age")
    month = month_of(add_months(cohort.start, age))
    if cohort.start > as_of or month.start > as_of:
        return pd.DataFrame(columns=list(CUSTOMERS))
    lives = _lives(session, month_of(cohort.start), as_of)
    members = np.flatnonzero(lives.customers["cohort"] == 0)
    found = lives.customers.iloc[members]
    names = names_of(session, list(found["organization_id"]))
    frame = pd.DataFrame(
        {
            "customer": found["organization_id"].map(names),
            "organization_id": found["organization_id"],
            "first_at": found["first_at"],
            "first_mrr": rounded(found["first"].to_numpy()),
            "mrr": rounded(lives.levels[members, age]),
        }
    )
    return frame.sort_values(["mrr", "first_mrr", "customer"], ascending=[False, False, True], ignore_index=True)


def _lives(session: ReadSession, first: Period, as_of: datetime) -> _Lives:
    """Return the customers who first paid since the month `first`."""
    months = _months(first, as_of)
    now = as_of + INSTANT
    rates = exchange_rates(session)
    customers = first_movements(session, months[0].start, now)
    rate_days = [at.date() for at in customers["first_at"]]
    customers["cohort"] = [12 * (day.year - first.start.year) + day.month - first.start.month for day in rate_days]
    edges = (*(each.start for each in months), min(months[-1].end, now))
    everything = changes(session)
    ids = pd.Index(everything.ids.tolist(), dtype=object)
    whose = np.full(len(ids), -1, dtype=np.int64)
    wanted = pd.Index([UUID(each).bytes for each in customers["organization_id"]], dtype=object)
    whose[ids.get_indexer(wanted)] = np.arange(len(customers))
    worth = np.zeros((len(customers), len(months)), dtype=object)
    place, column = whose[everything.who], np.searchsorted(microseconds(edges), everything.at, side="right")
    inside = (place >= 0) & (column < len(edges))
    for number, name in enumerate(everything.currencies):
        own = inside & (everything.currency == number)
        native = np.zeros(worth.shape, dtype=np.int64)
        np.add.at(native, (place[own], np.maximum(column[own] - 1, 0)), everything.minor[own])
        worth = worth + np.cumsum(native, axis=1).astype(object) * _at(rates, name, rate_days)[:, None]
    exchange = np.zeros(len(customers), dtype=object)
    for currency, rows in customers.groupby("currency").indices.items():
        exchange[rows] = _at(rates, str(currency), [rate_days[each] for each in rows])
    customers["first"] = customers["minor"].to_numpy().astype(object) * exchange
    return _Lives(customers, months, worth)


def _at(rates: Rates, currency: str, days: list[date]) -> Grid:
    """Return the exact rate of a currency on each of some days."""
    once = list(dict.fromkeys(days))
    known = dict(zip(once, Exchange(rates, [currency]).on(once)[0], strict=True))
    return np.array([known[day] for day in days], dtype=object)


def _months(first: Period, as_of: datetime) -> list[Period]:
    found = [first]
    while found[-1].end <= as_of:
        found.append(month_of(found[-1].end))
    return found


def _typed(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"cohort": "datetime64[us]", **dict.fromkeys(COLUMNS[1:], "int64")})


def _start(month: Period) -> pd.Timestamp:
    return pd.Timestamp(month.start.replace(tzinfo=None))
