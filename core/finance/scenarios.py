"""How cash may go on: a base case from what happened, levers that change it, and where cash ends; pure, no clock."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final, Self

from core.errors import InvalidInput
from core.finance.runway import later
from core.money import round_half_up
from core.periods import add_months

# Beyond this a projection says nothing, and a date would only look exact.
LONGEST: Final = 60
# Of days to collect: a twelfth of a year.
_MONTH: Final = Decimal(365) / 12
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True)
class Base:
    """Where it begins, in minor units of REPORTING, by the last whole months.

    `won` is MRR that a month adds, `lost` the share of its opening MRR that one loses. `collected` is what comes in for
    each unit of MRR, `out` what goes out a month; `least_out` and `most_out` are those of the cheapest and the dearest
    three months of the year.
    """

    at: datetime
    cash: int
    mrr: int
    won: Decimal
    lost: Decimal
    collected: Decimal
    out: Decimal
    least_out: Decimal
    most_out: Decimal


@dataclass(frozen=True)
class Levers:
    """What is changed from the next month on; all zero is the base case.

    `growth` and `churn` are percent of what is won and lost (100: twice as much), `price` percent on everything that is
    paid, `hires` people more, each for `hire_cost` major units of REPORTING a month, `collection_days` how much later
    customers pay.
    """

    growth: int = 0
    churn: int = 0
    price: int = 0
    hires: int = 0
    hire_cost: int = 10_000
    collection_days: int = 0

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Return levers by name, as they are saved; unknown names raise InvalidInput."""
        known = {each.name for each in fields(cls)}
        if set(given) - known or not all(type(each) is int for each in given.values()):
            raise InvalidInput(f"A scenario has these levers, each a whole number: {', '.join(sorted(known))}.")
        made = cls(**given)
        made.check()
        return made

    def check(self) -> None:
        """Raise InvalidInput, naming the lever, for one beyond what can be meant."""
        for name, (least, most) in BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise InvalidInput(f"Give a {name.replace('_', ' ')} from {least} to {most}.", field=name)

    @property
    def changed(self) -> bool:
        """Whether anything is otherwise than in the base case."""
        return any((self.growth, self.churn, self.price, self.hires, self.collection_days))


BOUNDS: Final[dict[str, tuple[int, int]]] = {
    "growth": (-100, 300),
    "churn": (-100, 300),
    "price": (-50, 100),
    "hires": (-50, 100),
    "hire_cost": (0, 100_000),
    "collection_days": (-60, 120),
}


@dataclass(frozen=True)
class Ending:
    """How long cash lasts in months, and the day it ends; both None where it does not end within LONGEST months."""

    months: Decimal | None
    ends_on: date | None


@dataclass(frozen=True)
class Projection:
    """Cash and MRR at `at` and after each month, and when cash ends.

    `worst` and `best` are by what the dearest and the cheapest three months of the year spent.
    """

    at: tuple[datetime, ...]
    cash: tuple[int, ...]
    mrr: tuple[int, ...]
    expected: Ending
    worst: Ending
    best: Ending


def project(base: Base, levers: Levers = Levers(), months: int = LONGEST) -> Projection:
    """Return how cash goes on for some months under the levers; balances below zero are what would be lacking.

    A month wins and loses MRR and brings `collected` of it. When customers pay later by some days, nothing comes in for
    so long, and then what would have come before; when earlier, what is open comes at once.
    """
    levers.check()
    # As much farther as receipts can come early.
    levels = _mrr(base, levers, months + 3)
    outs = (base.out, base.most_out, base.least_out)
    expected, worst, best = (_cash(base, levers, levels, out, months) for out in outs)
    return Projection(
        tuple(add_months(base.at, step) for step in range(months + 1)),
        tuple(round_half_up(each) for each in expected),
        tuple(round_half_up(each) for each in levels[: months + 1]),
        *(ending(each, base.at) for each in (expected, worst, best)),
    )


def ending(cash: list[Decimal], at: datetime) -> Ending:
    """Return when a path of month ends first reaches zero, within a month by its share of what the month takes."""
    if cash[0] <= 0:
        return Ending(Decimal(0), at.date())
    for step in range(1, len(cash)):
        if cash[step] <= 0:
            months = step - 1 + cash[step - 1] / (cash[step - 1] - cash[step])
            return Ending(months, later(at, months).date())
    return Ending(None, None)


def _mrr(base: Base, levers: Levers, months: int) -> list[Decimal]:
    price = 1 + levers.price / _HUNDRED
    won = base.won * (1 + levers.growth / _HUNDRED) * price
    lost = min(base.lost * (1 + levers.churn / _HUNDRED), Decimal(1))
    levels = [Decimal(base.mrr)]
    for step in range(months):
        # The new price is paid from the first month on, by who stays and by who comes.
        opening = levels[-1] * (price if step == 0 else 1)
        levels.append(opening * (1 - lost) + won)
    return levels


def _cash(base: Base, levers: Levers, levels: list[Decimal], out: Decimal, months: int) -> list[Decimal]:
    spent = max(out + levers.hires * levers.hire_cost * _HUNDRED, Decimal(0))
    received = list(accumulate((level * base.collected for level in levels[1:]), initial=Decimal(0)))
    delay = levers.collection_days / _MONTH
    return [base.cash + (_until(received, step - delay) if step else 0) - spent * step for step in range(months + 1)]


def _until(received: list[Decimal], months: Decimal) -> Decimal:
    """Return what has come in after some months, of sums after whole ones; within a month evenly."""
    if months <= 0:
        return Decimal(0)
    whole = int(months)
    return received[whole] + (received[whole + 1] - received[whole]) * (months - whole)
