"""Shapes of forecasts on the wire: whole minor units, shares as decimal strings, what is not known as null."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from api.depends import Answer
from api.schemas.enterprise import Amount
from core.finance.exchange import REPORTING
from core.finance.forecast import Fan, RevenueForecast
from core.finance.forecasts import KnownAndAhead
from core.finance.track import CLAIMED, Record


class TrackRecord(Answer):
    """How the same method did on known months, from what was known before each; null: nothing to measure by."""

    forecasts: int = Field(description="How many forecasts of earlier months are judged.")
    mape: str | None = Field(description="Mean absolute error as a share of what came.")
    naive_mape: str | None = Field(description="The same, of saying that all stays as it is.")
    mase: str | None = Field(description="Mean absolute error by the mean change from month to month.")
    skill: str | None = Field(description="1 − our error ÷ the naive one; below zero it is no better than naive.")
    better_than_naive: bool
    bands: int = Field(description="How many bands of earlier months are judged.")
    coverage: str | None = Field(description="The share of what came that lay within its band.")

    @classmethod
    def of(cls, record: Record) -> "TrackRecord":
        """Return a record as decimal strings."""
        return cls(
            forecasts=record.forecasts,
            mape=_said(record.mape),
            naive_mape=_said(record.naive_mape),
            mase=_said(record.mase),
            skill=_said(record.skill),
            better_than_naive=record.better,
            bands=record.bands,
            coverage=_said(record.coverage),
        )


class Step(Answer):
    """What is expected at the end of a month, and the band that it is expected within."""

    month: date
    expected: Amount
    low: Amount
    high: Amount


class Series(Answer):
    """The coming months of one figure, and how well it was told before."""

    months: list[Step]
    record: TrackRecord

    @classmethod
    def of(cls, fan: Fan, months: list[date]) -> "Series":
        """Return a fan by its months."""
        rows = zip(months, fan.expected, fan.low, fan.high, strict=True)
        return cls(
            months=[
                Step(month=month, expected=_amount(point), low=_amount(low), high=_amount(high))
                for month, point, low, high in rows
            ],
            record=TrackRecord.of(fan.record),
        )


class Components(Answer):
    """What MRR is made to move by; contraction and churn are negative."""

    new: Series
    reactivation: Series
    expansion: Series
    contraction: Series
    churn: Series


class ForecastAnswer(Answer):
    """MRR of the coming months; without twelve whole months behind it there is none, and `reason` says so."""

    as_of: datetime
    rests_on: int = Field(description="Whole months of the ledger that it is made from.")
    claimed: str = Field(description="The share of outcomes that bands claim to hold.")
    mrr: Series | None
    components: Components | None
    reason: str | None

    @classmethod
    def of(cls, found: KnownAndAhead, as_of: datetime) -> "ForecastAnswer":
        """Return a forecast, or why there is none."""
        months = [month.start.date() for month in found.ahead]
        made = found.forecast
        return cls(
            as_of=as_of,
            rests_on=len(found.months),
            claimed=str(Decimal(repr(CLAIMED))),
            mrr=None if made is None else Series.of(made.mrr, months),
            components=None if made is None else _components(made, months),
            reason=found.why or None,
        )


def _components(made: RevenueForecast, months: list[date]) -> Components:
    return Components(**{name: Series.of(fan, months) for name, fan in made.components.items()})


def _amount(minor: int) -> Amount:
    return Amount(minor=minor, currency=REPORTING)


def _said(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
