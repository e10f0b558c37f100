"""The cash ledger as sums and as a statement; other currencies at the rate of the day of each entry."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

import pandas as pd
from sqlalchemy import func, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.finance.entries import NOT_OPERATING
from core.finance.exchange import Rates
from core.finance.flows import exchange_rates
from core.money import Money, round_half_up
from core.periods import Period, month_start, months_until
from db.models.costs import cash_entry
from db.session import ReadSession

BURN_MONTHS: Final = 3
_INSTANT: Final = timedelta(microseconds=1)
# Exact minor units of REPORTING by day and category.
Days = Mapping[date, Mapping[str, Decimal]]


def cash_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return cash (the balance) at each period's end, or at `as_of` where that comes first; needs `finance:read`.

    Columns: period (its start), cash, net_out, months, all int64, money in minor units of REPORTING. `net_out` is what
    went out less what came in over the last three whole months before that moment, financing and the opening balance
    left out; `months` is how many of the three are booked. Cash has no dimensions: InvalidInput for any.
    """
    if by or where:
        raise InvalidInput("The cash ledger knows no customers: ask for it as a whole.", field="dimensions")
    booked = days_booked(session, actor, as_of)
    rows = []
    for period in periods:
        if period.start > as_of:
            continue
        until = min(period.end, as_of + _INSTANT)
        burned = [flow for month in whole_months(until, BURN_MONTHS) if (flow := net_out(booked, month)) is not None]
        balance = round_half_up(balance_before(booked, until))
        rows.append((period.start.replace(tzinfo=None), balance, round_half_up(sum(burned, Decimal(0))), len(burned)))
    frame = pd.DataFrame(rows, columns=["period", "cash", "net_out", "months"])
    return frame.astype({"period": "datetime64[us]", "cash": "int64", "net_out": "int64", "months": "int64"})


def days_booked(session: ReadSession, actor: Actor, as_of: datetime) -> Days:
    """Return what was booked on each day until `as_of`, by category, in minor units of REPORTING and not rounded."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    key = (cash_entry.c.booked_on, cash_entry.c.category, cash_entry.c.currency)
    statement = (
        select(*key, func.sum(cash_entry.c.amount_minor).label("minor"))
        .where(cash_entry.c.booked_on <= as_of.date())
        .group_by(*key)
        .order_by(cash_entry.c.booked_on)
    )
    rates: Rates = exchange_rates(session)
    booked: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in session.execute(statement):
        amount = Money(int(row.minor), row.currency)
        booked[row.booked_on][row.category] += rates.exact([amount], row.booked_on)
    return booked


def whole_months(until: datetime, count: int) -> list[Period]:
    """Return the last `count` months that are over before an instant, oldest first."""
    return months_until(month_start(until) - _INSTANT, count)


def balance_before(booked: Days, until: datetime) -> Decimal:
    """Return the sum of everything booked on days that began before an instant."""
    return _sum(amount for day, amounts in booked.items() if _began(day, until) for amount in amounts.values())


def net_out(booked: Days, month: Period) -> Decimal | None:
    """Return what went out less what came in within a month, opening and financing left out; None if none is booked."""
    operating = [
        amount
        for day, amounts in booked.items()
        if month.start.date() <= day < month.end.date()
        for category, amount in amounts.items()
        if category not in NOT_OPERATING
    ]
    return -_sum(operating) if operating else None


def _began(day: date, until: datetime) -> bool:
    return day <= (until - _INSTANT).date()


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, start=Decimal(0))
