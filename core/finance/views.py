"""The ledger as screens look at it: months side by side, the year that ends with each, and the largest groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.finance.ledger import CUSTOMERS, MEASURES, MONEY, ledger_facts
from core.finance.policy_figures import ledger_in_force, money_in_force
from core.periods import Period, add_months
from db.session import ReadSession

# No id of any dimension.
OTHER: Final = "…"
# As many parts of a stack as the eye tells apart, the rest being one more.
LARGEST: Final = 5


@dataclass(frozen=True)
class Split:
    """The ledger by one dimension.

    `rows`: a row a group of the last month, the largest first: `group`, the measures, and `trend`, the closing MRR of
    every month. `months`: month, group, closing; groups beyond the largest are one called OTHER.
    """

    dimension: str
    rows: pd.DataFrame
    months: pd.DataFrame


def month_sums(session: ReadSession, actor: Actor, months: Sequence[Period], *, as_of: datetime) -> pd.DataFrame:
    """Return the ledger's sums of each of some months, in their order: `month` and the measures; zero where nothing is.

    Months before the first movement are left out. Needs `finance:read`.
    """
    found = ledger_in_force(session, actor, months, as_of=as_of)
    whole = _every(found, [_start(each) for each in months])
    begun = whole[list(MONEY)].ne(0).any(axis=1).cummax()
    return whole[begun].reset_index(drop=True)


def year_sums(session: ReadSession, actor: Actor, months: Sequence[Period], *, as_of: datetime) -> pd.DataFrame:
    """Return the sums of the twelve months that end with each of some months; `month` is the last of them.

    Years at whose start nobody paid are left out. Needs `finance:read`.
    """
    years = [Period(add_months(each.end, -12), each.end) for each in months]
    found = _every(ledger_in_force(session, actor, years, as_of=as_of), [_start(each) for each in years])
    found["month"] = [_start(each) for each in months]
    return found[found["opening"].gt(0)].reset_index(drop=True)


def split_months(
    session: ReadSession, actor: Actor, dimension: str, months: Sequence[Period], *, as_of: datetime
) -> Split:
    """Return the ledger by `dimension` over some months; needs `finance:read`."""
    # Single customers are looked at for the last month alone: of those before only what was paid is shown.
    last = ledger_in_force(session, actor, months[-1:], by=(dimension,), as_of=as_of)
    rows = last.rename(columns={dimension: "group"})
    rows = rows[rows[list(MONEY)].ne(0).any(axis=1)].sort_values(["closing", "group"], ascending=[False, True])
    found = money_in_force(session, actor, months, dimension, as_of=as_of)
    some = found.measures["opening"].any(axis=1) | found.measures["closing"].any(axis=1)
    levels = pd.DataFrame(found.measures["closing"], index=list(found.groups[dimension]))
    levels.columns = pd.Index([_start(each) for each in months])
    levels = levels[some | levels.index.isin(rows["group"])]
    rows = rows[["group", *MEASURES]].reset_index(drop=True)
    rows["trend"] = pd.Series(levels.loc[list(rows["group"])].to_numpy().tolist(), dtype=object)
    return Split(dimension, rows, _stack(levels))


def groups_known(
    session: ReadSession, actor: Actor, period: Period, dimensions: tuple[str, ...], *, as_of: datetime
) -> dict[str, list[str]]:
    """Return for each dimension the groups that had or moved any MRR in a period; needs `finance:read`."""
    found = ledger_facts(session, actor, [period], by=dimensions, as_of=as_of)
    return {each: sorted(found[each].unique()) for each in dimensions}


def summed(months: pd.DataFrame) -> dict[str, int]:
    """Return the measures of some consecutive months as those of one span: flows add up, levels are the outer ones.

    What a year's opening customers keep does not follow from months; see `year_sums`.
    """
    if months.empty:
        return dict.fromkeys((*MONEY, *CUSTOMERS), 0)
    outer = {"opening": 0, "customers_opening": 0, "closing": -1, "customers_closing": -1}
    return {
        name: int(months[name].iloc[outer[name]] if name in outer else months[name].sum())
        for name in (*MONEY, *CUSTOMERS)
    }


def of_month(months: pd.DataFrame, month: Period) -> dict[str, int]:
    """Return the measures of one of some months, or zeros where it is not among them."""
    found = months[months["month"].eq(_start(month))]
    return {name: int(found[name].iloc[0]) if len(found) else 0 for name in MEASURES}


def until(months: pd.DataFrame, last: Period, count: int) -> pd.DataFrame:
    """Return those of some months that lie within the `count` months that end with `last`."""
    first = add_months(last.start, 1 - count)
    return months[months["month"].between(_start(Period(first, last.end)), _start(last))]


def _stack(levels: pd.DataFrame) -> pd.DataFrame:
    """Return the largest groups and the sum of the rest, from the first month in which anybody paid."""
    ranked = levels.loc[levels.sum(axis=1).sort_values(ascending=False).index]
    if len(ranked) > LARGEST + 1:
        rest = ranked.iloc[LARGEST:].sum()
        ranked = pd.concat([ranked.iloc[:LARGEST], rest.to_frame(OTHER).T])
    begun = ranked.loc[:, ranked.ne(0).any().cummax()].rename_axis(index="group").reset_index()
    frame = begun.melt(id_vars="group", var_name="month", value_name="closing")
    return frame[["month", "group", "closing"]].astype({"month": "datetime64[us]", "closing": "int64"})


def _every(found: pd.DataFrame, starts: list[pd.Timestamp]) -> pd.DataFrame:
    """Return one row for each of `starts`, zeros where nothing is found."""
    rows = found.set_index("period").reindex(index=starts, columns=list(MEASURES), fill_value=0).astype("int64")
    return rows.rename_axis("month").reset_index()


def _start(period: Period) -> pd.Timestamp:
    return pd.Timestamp(period.start.replace(tzinfo=None))
