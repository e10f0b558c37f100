"""The base case of cash: what a month brings, loses, collects and spends, by the whole months in the books."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.access.actor import Actor
from core.finance.cash import Days, balance_before, days_booked, net_out, whole_months
from core.finance.ledger import ledger_facts
from core.finance.runway import LOOK_BACK, WINDOW
from core.finance.scenarios import Base
from core.money import round_half_up
from core.periods import INSTANT, Period
from db.session import ReadSession

# What is won, lost and collected is looked at over half a year: invoices of a quarter or a year come unevenly.
MONTHS: Final = 6


def base_case(session: ReadSession, actor: Actor, *, as_of: datetime) -> Base | None:
    """Return the base case as of a moment, or None before a whole month of cash is booked; needs `finance:read`.

    What goes out is that of the last three whole months, as in burn; what is won, lost and collected that of six.
    """
    booked = days_booked(session, actor, as_of)
    until = as_of + INSTANT
    months = whole_months(until, MONTHS)
    facts = ledger_facts(session, actor, [*months, Period(as_of, until)], as_of=as_of).to_dict("records")
    rows, now = facts[:-1], facts[-1]
    opening, closing = (sum(int(row[name]) for row in rows) for name in ("opening", "closing"))
    # Where nobody subscribes, what comes in follows no MRR: then it stays in what goes out on balance.
    outs = [_out(booked, month, gross=closing > 0) for month in whole_months(until, LOOK_BACK)]
    spent = _spent(outs)
    if spent is None:
        return None
    won = sum(int(row[name]) for row in rows for name in ("new", "expansion", "reactivation"))
    lost = -sum(int(row[name]) for row in rows for name in ("contraction", "churn"))
    receipts = sum((_receipts(booked, month) for month in months), Decimal(0))
    return Base(
        at=as_of,
        cash=round_half_up(balance_before(booked, until)),
        mrr=int(now["closing"]),
        won=Decimal(won) / MONTHS,
        lost=min(Decimal(lost) / opening, Decimal(1)) if opening else Decimal(0),
        collected=max(receipts, Decimal(0)) / closing if closing else Decimal(0),
        out=spent[0],
        least_out=spent[1],
        most_out=spent[2],
    )


def _spent(outs: Sequence[Decimal | None]) -> tuple[Decimal, Decimal, Decimal] | None:
    """Return what the last months spent, and the cheapest and the dearest three in a row."""
    latest = [each for each in outs[-WINDOW:] if each is not None]
    if not latest:
        return None
    windows = [
        sum(each, Decimal(0)) / WINDOW
        for last in range(WINDOW, len(outs) + 1)
        if len(each := [out for out in outs[last - WINDOW : last] if out is not None]) == WINDOW
    ]
    out = sum(latest, Decimal(0)) / len(latest)
    return out, min([out, *windows]), max([out, *windows])


def _receipts(booked: Days, month: Period) -> Decimal:
    days = [amounts for day, amounts in booked.items() if month.start.date() <= day < month.end.date()]
    return sum((amounts.get("receipts", Decimal(0)) for amounts in days), Decimal(0))


def _out(booked: Days, month: Period, *, gross: bool) -> Decimal | None:
    """Return what went out in a month, receipts left out of it or not; None where nothing is booked."""
    net = net_out(booked, month)
    return None if net is None else net + (_receipts(booked, month) if gross else 0)
