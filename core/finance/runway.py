"""How long cash lasts: burn with its range, the runway that follows, and the straight line to where cash ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from core.finance import rates
from core.finance.exchange import REPORTING
from core.money import Money, round_half_up
from core.periods import add_months

WINDOW: Final = 3
LOOK_BACK: Final = 12
# Beyond this a straight line says nothing, and a date would only look exact.
LONGEST: Final = 60


@dataclass(frozen=True)
class Lasting:
    """One burn a month and what it means: months of cash and the day it ends, None where nothing is burned."""

    burn: Money
    months: Decimal | None
    ends_on: date | None


@dataclass(frozen=True)
class Outlook:
    """Cash at a moment and how long it lasts.

    `expected` is at the burn of the last three whole months; `worst` and `best` at the highest and lowest burn that any
    three consecutive months of the last twelve had. All three are None before a whole month is booked.
    """

    at: datetime
    cash: Money
    expected: Lasting | None
    worst: Lasting | None
    best: Lasting | None


def outlook(cash: int, net_outs: Sequence[Decimal | None], at: datetime) -> Outlook:
    """Return the outlook from a balance and the net cash out of the last whole months, oldest first (None: not booked).

    Amounts are minor units of REPORTING. The last three months that are booked make the burn, as in the catalogue.
    """
    latest = [each for each in net_outs[-WINDOW:] if each is not None]
    windows = [
        sum(booked, Decimal(0)) / WINDOW
        for last in range(WINDOW, len(net_outs) + 1)
        if len(booked := [each for each in net_outs[last - WINDOW : last] if each is not None]) == WINDOW
    ]
    burn = rates.monthly_burn(sum(latest, Decimal(0)), len(latest))
    if burn is None:
        return Outlook(at, Money(cash, REPORTING), None, None, None)
    burns = (burn, max([burn, *windows]), min([burn, *windows]))
    return Outlook(at, Money(cash, REPORTING), *(lasting(cash, each, at) for each in burns))


def lasting(cash: int, burn: Decimal, at: datetime) -> Lasting:
    """Return how long a balance lasts at a burn a month."""
    months = rates.runway(cash, burn, 1)
    ends = None if months is None or months > LONGEST else later(at, months).date()
    return Lasting(Money(round_half_up(burn), REPORTING), months, ends)


def later(at: datetime, months: Decimal) -> datetime:
    """Return the instant a number of calendar months later; a part of a month is that part of its days."""
    whole = int(months)
    start, end = add_months(at, whole), add_months(at, whole + 1)
    seconds = (months - whole) * Decimal((end - start) // timedelta(seconds=1))
    return start + timedelta(seconds=int(seconds))


def projected(known: Outlook, most: int = 24) -> list[tuple[datetime, int, int, int]]:
    """Return (instant, expected, worst, best) cash from the moment on, month by month until none is left.

    Empty where nothing is burned. No line goes below zero; where the expected one ends it has its own last point.
    """
    if known.expected is None or known.worst is None or known.best is None or known.expected.months is None:
        return []
    last = min(known.expected.months, Decimal(most))
    steps = sorted({*(Decimal(step) for step in range(int(last) + 1)), last})
    burns = [each.burn.minor for each in (known.expected, known.worst, known.best)]
    points = []
    for months in steps:
        expected, worst, best = (max(0, round_half_up(known.cash.minor - burn * months)) for burn in burns)
        # The burn is rounded and the end is not, so the last cent may be left of it.
        ended = months == known.expected.months
        points.append((later(known.at, months), 0 if ended else expected, worst, best))
    return points
