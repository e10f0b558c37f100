"""Unit economics: what a customer brings, costs to serve and cost to win, as sums of the ledgers over six months."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pandas as pd

from core.access.actor import Actor
from core.errors import InvalidInput
from core.finance.cash import Days, days_booked, net_out, whole_months
from core.finance.costs import cost_facts
from core.finance.entries import ACQUISITION
from core.finance.ledger import ledger_facts
from core.money import round_half_up
from core.periods import Period
from db.session import ReadSession

TRAILING: Final = 6
MEASURES: Final = (
    *("mrr", "customers", "revenue", "cost", "acquisition", "new_customers", "opening_months", "churned"),
    *("net_burn", "net_new_arr"),
)
_FLOWS: Final = ("new", "expansion", "contraction", "churn", "reactivation")
_INSTANT: Final = timedelta(microseconds=1)


def economics_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return the sums behind LTV, CAC and their kin at each period's end, or at `as_of`; needs `finance:read`.

    Columns: period (its start) and MEASURES, int64, money in minor units of REPORTING. mrr and customers are those of
    that moment; all else is of the six whole months before it: revenue (the MRR at each month's end, summed), cost,
    acquisition (sales and marketing that left the bank), new_customers, opening_months (each month's opening customers,
    summed), churned, net_burn and net_new_arr. InvalidInput for a dimension: what was spent on winning customers is
    known as a whole alone.
    """
    if by or where:
        raise InvalidInput("Unit economics are known as a whole; by tier, ask for MRR, churn and costs.", field="by")
    booked = days_booked(session, actor, as_of)
    ends = {period: min(period.end, as_of + _INSTANT) for period in periods if period.start <= as_of}
    months = sorted({month for end in ends.values() for month in whole_months(end, TRAILING)}, key=_start)
    moments = {end: _moment(end) for end in ends.values()}
    apart = sorted(set(moments.values()) - set(months), key=_start)
    ledger = _by_start(ledger_facts(session, actor, [*months, *apart], as_of=as_of))
    costs = _by_start(cost_facts(session, actor, months, as_of=as_of))
    rows = []
    for period, end in ends.items():
        sums = _trailing(whole_months(end, TRAILING), ledger, costs, booked)
        sums |= _standing(ledger.get(_naive(moments[end].start), {}))
        rows.append((_naive(period.start), *(sums[name] for name in MEASURES)))
    frame = pd.DataFrame(rows, columns=["period", *MEASURES])
    return frame.astype({"period": "datetime64[us]", **dict.fromkeys(MEASURES, "int64")})


def tier_economics(session: ReadSession, actor: Actor, *, as_of: datetime) -> pd.DataFrame:
    """Return the same sums by tier as of a moment, without what is known as a whole alone; needs `finance:read`.

    Columns: tier, mrr, customers, revenue, cost, new_customers, opening_months, churned; the tier with most MRR first.
    """
    until = as_of + _INSTANT
    months, moment = whole_months(until, TRAILING), _moment(until)
    apart = [] if moment in months else [moment]
    ledger = ledger_facts(session, actor, [*months, *apart], by=("tier",), as_of=as_of)
    costs = cost_facts(session, actor, months, by=("tier",), as_of=as_of)
    rows = []
    for tier in sorted({*ledger["tier"], *costs["tier"]} - {""}):
        moved, spent = (_by_start(frame[frame["tier"] == tier]) for frame in (ledger, costs))
        sums = _trailing(months, moved, spent, {}) | _standing(moved.get(_naive(moment.start), {}))
        rows.append((tier, *(sums[name] for name in MEASURES)))
    frame = pd.DataFrame(rows, columns=["tier", *MEASURES])
    known_as_a_whole = ["acquisition", "net_burn", "net_new_arr"]
    return frame.drop(columns=known_as_a_whole).sort_values("mrr", ascending=False, ignore_index=True)


def _moment(end: datetime) -> Period:
    """Return a period at whose end things stand as at `end`: the month that ends there, else its last instant."""
    last = whole_months(end, 1)[0]
    return last if last.end == end else Period(end - _INSTANT, end)


def _start(period: Period) -> datetime:
    return period.start


def _trailing(
    months: Sequence[Period],
    ledger: Mapping[datetime, Mapping[Hashable, Any]],
    costs: Mapping[datetime, Mapping[Hashable, Any]],
    booked: Days,
) -> dict[str, int]:
    of = [ledger.get(_naive(month.start), {}) for month in months]
    burned = [net_out(booked, month) or Decimal(0) for month in months]
    return {
        "revenue": sum(int(each.get("closing", 0)) for each in of),
        "cost": sum(int(costs.get(_naive(month.start), {}).get("cost", 0)) for month in months),
        "acquisition": round_half_up(_spent(booked, months)),
        "new_customers": sum(int(each.get("customers_new", 0)) for each in of),
        "opening_months": sum(int(each.get("customers_opening", 0)) for each in of),
        "churned": sum(int(each.get("customers_churned", 0)) for each in of),
        "net_burn": round_half_up(sum(burned, Decimal(0))),
        "net_new_arr": 12 * sum(int(each.get(flow, 0)) for each in of for flow in _FLOWS),
    }


def _standing(now: Mapping[Hashable, Any]) -> dict[str, int]:
    return {"mrr": int(now.get("closing", 0)), "customers": int(now.get("customers_closing", 0))}


def _spent(booked: Days, months: Sequence[Period]) -> Decimal:
    """Return what went out for winning customers; money that came back (a refund) counts against it."""
    days = [amounts for day, amounts in booked.items() if months[0].start.date() <= day < months[-1].end.date()]
    return -sum((amounts.get(category, Decimal(0)) for amounts in days for category in ACQUISITION), Decimal(0))


def _by_start(frame: pd.DataFrame) -> dict[datetime, dict[Hashable, Any]]:
    return {row["period"].to_pydatetime(): row for row in frame.to_dict("records")}


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)
