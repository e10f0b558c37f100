"""The movement ledger as sums: what MRR and customers were, became, and why, for any periods and by any dimensions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.finance.changes import changes
from core.finance.flows import DIMENSIONS, Cut, exchange_rates, flows, names_of
from core.finance.holders import by_tier, customers_and_kept
from core.finance.retention import holdings, kept, paying
from core.finance.tally import COUNTED, FLOWS, Axis, Exchange, Grid, Rows, Tally, axis, counts, money, settled
from core.periods import Period
from db.session import ReadSession

MONEY: Final = ("opening", *FLOWS, "exchange", "closing")
CUSTOMERS: Final = ("customers_opening", *COUNTED.values(), "customers_closing")
MEASURES: Final = (*MONEY, *CUSTOMERS, "kept", "kept_capped")


def ledger_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return the ledger's sums, one row a period and group; needs `finance:read`.

    Columns: `period` (its start), those of `by` (ids, "" where unknown; `customer` is the name, beside it
    `organization_id`), then MEASURES, int64. Money is in minor units of the reporting currency: openings and closings
    at the rates of their day, each movement at that of its own, each rounded once; `exchange` is what remains, so that
    opening + movements + transfer + exchange = closing in every row. Contraction and churn are negative; `transfer` is
    what changed the tier or product, and adds up to zero. Products of one group add up to it.

    `customers_…` count customers with MRR in the group, and movements that won or lost one. `kept` is what the opening
    customers pay at the end, at the opening's rates (ChartMogul: without new business); by tier they are followed to
    whichever tier they moved to. Groups in which there is nothing are absent. Raises InvalidInput for a dimension that
    the ledger does not have.
    """
    may_see_all(actor)
    named = tuple(by)
    found = _tally(session, periods, named, _checked(named, where or {}), as_of, customers=True)
    frame = _frame(found, periods)
    if "customer" in named:
        names = names_of(session, set(frame["organization_id"]))
        frame.insert(1, "customer", frame["organization_id"].map(names))
    if where and "product" in where and "product" in named:
        frame = frame[frame["product"].isin(list(where["product"]))]
    return frame[["period", *_columns(named), *MEASURES]].reset_index(drop=True)


def ledger_money(session: ReadSession, periods: Sequence[Period], by: Sequence[str], *, as_of: datetime) -> Tally:
    """Return MONEY of every group and period, without looking at single customers; asks no permission."""
    return _tally(session, periods, tuple(by), {}, as_of, customers=False)


def may_see_all(actor: Actor) -> None:
    """Raise NotPermitted unless the actor may see what all customers pay."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)


def _tally(
    session: ReadSession,
    periods: Sequence[Period],
    by: tuple[str, ...],
    where: Mapping[str, Collection[Any]],
    as_of: datetime,
    *,
    customers: bool,
) -> Tally:
    if not periods:
        return Tally(pd.DataFrame(columns=_keys(by)), {name: np.zeros((0, 0), np.int64) for name in MEASURES})
    rates = exchange_rates(session)
    span = axis(periods, rates, as_of)
    # Of everybody, and of tiers, the sums come by the day, and what single customers have as arrays.
    as_arrays = customers and by in {(), ("tier",)} and not where
    frame = flows(session, _cut(by, where, span, customers=customers and not as_arrays))
    numbers, groups = _grouped(frame, _keys(by))
    currency, currencies = pd.factorize(frame["currency"])
    rows = Rows(
        group=numbers,
        currency=currency,
        kind=frame["kind"].to_numpy(),
        bucket=frame["bucket"].to_numpy(),
        minor=frame["minor"].to_numpy(),
        events=frame["events"].to_numpy(),
        wanted=_wanted(frame, where),
    )
    exchange = Exchange(rates, list(currencies))
    together = _together(groups, by)
    measures, opening = money(rows, len(groups), span, exchange, together)
    measures |= counts(rows, len(groups), span)
    if as_arrays and not by:
        who, still = customers_and_kept(changes(session), span, exchange)
        measures |= who
    elif customers:
        if as_arrays:
            frame, rows = by_tier(session, list(groups["tier"]), span, exchange)
        held = holdings(frame, rows, span, [each for each in _keys(by) if each not in {"tier", "organization_id"}])
        measures |= paying(held, len(groups), span)
        still = kept(held, opening, span, exchange)
    if customers:
        measures |= {name: settled(exact, together) for name, exact in zip(("kept", "kept_capped"), still, strict=True)}
    return Tally(groups.reset_index(drop=True), measures)


def _cut(by: tuple[str, ...], where: Mapping[str, Collection[Any]], span: Axis, *, customers: bool) -> Cut:
    """Return how finely to read: of single customers every tier, since who left one may pay on another."""
    followed = customers and "tier" in where
    read = {name: values for name, values in where.items() if not (followed and name == "tier")}
    if "product" in by:
        # All of them, so that they add up; those not asked for are left out at the end.
        read.pop("product", None)
    return Cut((*by, "tier") if followed and "tier" not in by else by, read, span.edges, customers)


def _grouped(frame: pd.DataFrame, keys: list[str]) -> tuple[Grid, pd.DataFrame]:
    """Return the number of each row's group, and the groups in that order; without keys, the one group of all."""
    if not keys:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=[0])
    groups = frame[keys].drop_duplicates().sort_values(keys).reset_index(drop=True)
    return frame.groupby(keys, sort=True, dropna=False).ngroup().to_numpy(), groups


def _wanted(frame: pd.DataFrame, where: Mapping[str, Collection[Any]]) -> Grid:
    if "tier" not in where or "tier" not in frame:
        return np.ones(len(frame), dtype=np.bool_)
    return frame["tier"].isin(list(where["tier"])).to_numpy(dtype=np.bool_)


def _together(groups: pd.DataFrame, by: tuple[str, ...]) -> Grid | None:
    """Return which groups differ in the product alone, and so are parts of one whole."""
    if "product" not in by:
        return None
    others = [each for each in _keys(by) if each != "product"]
    if not others:
        return np.zeros(len(groups), dtype=np.int64)
    return groups.groupby(others, sort=False).ngroup().to_numpy()


def _frame(found: Tally, periods: Sequence[Period]) -> pd.DataFrame:
    """Return the tally with a row a period and group; where there are groups, without rows of zeros."""
    frames = []
    for number, period in enumerate(periods):
        measures = pd.DataFrame({name: found.measures[name][:, number] for name in MEASURES})
        one = pd.concat([found.groups, measures], axis=1)
        one.insert(0, "period", pd.Timestamp(period.start.replace(tzinfo=None)))
        frames.append(one)
    if not frames:
        return pd.DataFrame(columns=["period", *found.groups.columns, *MEASURES])
    frame = pd.concat(frames, ignore_index=True).astype({"period": "datetime64[us]"})
    something = frame[list(MEASURES)].ne(0).any(axis=1)
    return frame[something] if len(found.groups.columns) else frame


def _keys(by: Sequence[str]) -> list[str]:
    return ["organization_id" if each == "customer" else each for each in by]


def _columns(by: Sequence[str]) -> list[str]:
    return [name for each in by for name in (("customer", "organization_id") if each == "customer" else (each,))]


def _checked(by: Sequence[str], where: Mapping[str, Collection[str]]) -> dict[str, Collection[Any]]:
    for each in (*by, *where):
        if each not in DIMENSIONS:
            raise InvalidInput(f"The ledger is not kept by {each}. Choose of {', '.join(DIMENSIONS)}.", field=each)
    found: dict[str, Collection[Any]] = dict(where)
    if "customer" in found:
        found["customer"] = [one for each in found["customer"] if (one := _id(each)) is not None]
    return found


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
