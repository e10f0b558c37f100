"""Cash as a person reads it: month by month by category, the balance until today, and where it goes from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pandas as pd

from core.access.actor import Actor
from core.finance.cash import Days, balance_before, days_booked, net_out, whole_months
from core.finance.entries import CASH_CATEGORIES
from core.finance.runway import LOOK_BACK, Outlook, outlook, projected
from core.money import round_half_up
from core.periods import Period
from db.session import ReadSession

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class CashPicture:
    """Everything the Cash screen shows, of one reading of the ledger.

    `statement`: a row a month, oldest first: month (its first day), an int64 column for each of CASH_CATEGORIES, net
    (their sum) and balance (at its end). `path`: at (the end of a month, now, or a month ahead), cash, and ahead of now
    worst and best (Int64, else missing). `burns`: a row a whole month: month, burn. Minor units of REPORTING.
    """

    outlook: Outlook
    statement: pd.DataFrame
    path: pd.DataFrame
    burns: pd.DataFrame


def cash_outlook(session: ReadSession, actor: Actor, *, as_of: datetime) -> Outlook:
    """Return how long cash lasts as of a moment; needs `finance:read`."""
    return _outlook(days_booked(session, actor, as_of), as_of)


def cash_picture(
    session: ReadSession, actor: Actor, months: Sequence[Period], *, as_of: datetime
) -> CashPicture | None:
    """Return the picture over some consecutive months, or None while no cash is booked; needs `finance:read`.

    Months before the first entry are left out.
    """
    booked = days_booked(session, actor, as_of)
    if not booked:
        return None
    first = min(booked)
    begun = [month for month in months if month.end.date() > first and month.start <= as_of]
    found = _outlook(booked, as_of)
    return CashPicture(
        found, _statement(booked, begun, as_of), _path(booked, begun, found), _burns(booked, begun, as_of)
    )


def _outlook(booked: Days, as_of: datetime) -> Outlook:
    until = as_of + _INSTANT
    burned = [net_out(booked, month) for month in whole_months(until, LOOK_BACK)]
    return outlook(round_half_up(balance_before(booked, until)), burned, as_of)


def _statement(booked: Days, months: Sequence[Period], as_of: datetime) -> pd.DataFrame:
    rows = []
    for month in months:
        sums = dict.fromkeys(CASH_CATEGORIES, Decimal(0))
        for day, amounts in booked.items():
            if month.start.date() <= day < month.end.date():
                for category, amount in amounts.items():
                    sums[category] += amount  # type: ignore[index]  # the table's check allows no other
        balance = balance_before(booked, min(month.end, as_of + _INSTANT))
        whole = (*sums.values(), sum(sums.values(), Decimal(0)), balance)
        rows.append((month.start.replace(tzinfo=None), *(round_half_up(each) for each in whole)))
    frame = pd.DataFrame(rows, columns=["month", *CASH_CATEGORIES, "net", "balance"])
    return frame.astype({"month": "datetime64[us]"})


def _path(booked: Days, months: Sequence[Period], known: Outlook) -> pd.DataFrame:
    past = [(month.end, balance_before(booked, month.end)) for month in months if month.end <= known.at]
    rows: list[tuple[datetime, int, int | None, int | None]] = [
        (at, round_half_up(cash), None, None) for at, cash in past
    ]
    # Now is a point of every line, so that they meet.
    cash = known.cash.minor
    rows += projected(known) or [(known.at, cash, cash, cash)]
    frame = pd.DataFrame(
        [(at.replace(tzinfo=None), *rest) for at, *rest in rows], columns=["at", "cash", "worst", "best"]
    )
    return frame.astype({"at": "datetime64[us]", "cash": "int64", "worst": "Int64", "best": "Int64"})


def _burns(booked: Days, months: Sequence[Period], as_of: datetime) -> pd.DataFrame:
    rows = [
        (month.start.replace(tzinfo=None), round_half_up(out))
        for month in months
        if month.end <= as_of and (out := net_out(booked, month)) is not None
    ]
    return pd.DataFrame(rows, columns=["month", "burn"]).astype({"month": "datetime64[us]", "burn": "int64"})
