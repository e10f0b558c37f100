"""Shapes of projected cash on the wire: whole minor units, months as decimal strings, what does not end as null."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from api.depends import Answer
from api.schemas.enterprise import Amount
from core.finance.exchange import REPORTING
from core.finance.saved_scenarios import Scenario
from core.finance.scenarios import LONGEST, Base, Ending, Levers, Projection

_MONTHS = Decimal("0.01")


class Lasts(Answer):
    """How long cash lasts; both null where it does not end within five years."""

    months: str | None
    ends_on: date | None

    @classmethod
    def of(cls, ending: Ending) -> "Lasts":
        """Return an ending with its months as a decimal string."""
        months = ending.months
        return cls(months=None if months is None else str(months.quantize(_MONTHS)), ends_on=ending.ends_on)


class LeversSaid(Answer):
    """What is changed from the next month on; all zero is the base case."""

    growth: int = Field(description="Percent more of the MRR that a month wins.")
    churn: int = Field(description="Percent more of the MRR that a month loses.")
    price: int = Field(description="Percent on everything that is paid.")
    hires: int = Field(description="People more.")
    hire_cost: Amount = Field(description="What one of them costs a month.")
    collection_days: int = Field(description="Days by which customers pay later.")


class CashPoint(Answer):
    """Cash and MRR after so many months."""

    at: date
    cash: Amount
    mrr: Amount


class CashFlowAnswer(Answer):
    """How cash goes on under a scenario; null with its reason before a whole month of cash is booked."""

    as_of: datetime
    scenario: str | None = Field(description="Its name; null is the base case.")
    levers: LeversSaid
    cash: Amount | None
    runway: Lasts | None
    at_worst: Lasts | None = Field(description="As in the dearest three months of the last year.")
    at_best: Lasts | None = Field(description="As in the cheapest three months of the last year.")
    months: list[CashPoint] = Field(description="Now, and after each of the coming months.")
    reason: str | None

    @classmethod
    def of(
        cls, base: Base | None, saved: Scenario | None, made: Projection | None, as_of: datetime, months: int
    ) -> "CashFlowAnswer":
        """Return a projection, or why there is none."""
        known = {
            "as_of": as_of,
            "scenario": saved and saved.name,
            "levers": _levers(Levers() if saved is None else saved.levers),
        }
        if base is None or made is None:
            why = "No whole month of cash is booked yet, so there is nothing to project from."
            return cls(**known, cash=None, runway=None, at_worst=None, at_best=None, months=[], reason=why)
        rows = zip(made.at[: months + 1], made.cash, made.mrr, strict=False)
        return cls(
            **known,
            cash=_amount(base.cash),
            runway=Lasts.of(made.expected),
            at_worst=Lasts.of(made.worst),
            at_best=Lasts.of(made.best),
            months=[CashPoint(at=at.date(), cash=_amount(cash), mrr=_amount(mrr)) for at, cash, mrr in rows],
            reason=None if made.expected.months is not None else f"Cash does not end within {LONGEST} months.",
        )


def _levers(levers: Levers) -> LeversSaid:
    return LeversSaid(
        growth=levers.growth,
        churn=levers.churn,
        price=levers.price,
        hires=levers.hires,
        hire_cost=_amount(100 * levers.hire_cost),
        collection_days=levers.collection_days,
    )


def _amount(minor: int) -> Amount:
    return Amount(minor=minor, currency=REPORTING)
