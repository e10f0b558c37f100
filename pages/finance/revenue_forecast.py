"""MRR ahead: the fan of the coming months, what it is made of, and how well such forecasts did before."""

from datetime import datetime
from decimal import Decimal
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.finance.forecast import COMPONENTS, RevenueForecast
from core.finance.forecasts import KnownAndAhead, revenue_forecast
from core.finance.track import CLAIMED, Record
from pages.finance import meaning
from pages.finance.revenue_month import Chosen
from pages.parts import charts, columns
from pages.parts import format as say
from pages.parts.cards import Definition, card
from pages.parts.charts import units
from pages.parts.load import load

_SHOWN: Final = 18
_CLAIMED: Final = Decimal(repr(CLAIMED))
_MEANING: Final = Definition(
    "MRR of the coming months as the last ones suggest: what new, returning, growing, shrinking and leaving customers "
    "bring and take, each the mean of its average over twelve months and of its damped trend. Statistics alone: it "
    "knows no plan, no deal and no price that is to come.",
    "MRR + new + reactivation + expansion + contraction + churn, month by month",
    "The band is as wide as 80 % of the errors that the same method made from every earlier month, each from what was "
    "known then (split conformal). How often such bands held what came is measured the same way and stands beside it. "
    "Naive says that MRR stays as it is.",
)


def show(actor: Actor, chosen: Chosen) -> None:
    """Draw the fan beside its track record, or say why there is none."""
    found = load(revenue_forecast, actor, as_of=chosen.at)
    if found.forecast is None:
        with card("forecast", "What comes", height="content").body:
            st.caption(say.plain(found.why))
        return
    left, right = st.columns([3, 2])
    with left, card("forecast").body:
        charts.show(_fan(found, found.forecast), "forecast")
    with right:
        _record(found, found.forecast)


def _fan(found: KnownAndAhead, made: RevenueForecast) -> charts.Chart:
    fan = made.mrr
    known = list(zip(found.months, found.closing, strict=True))[-_SHOWN:]
    rows: list[tuple[datetime, int, int | None, int | None]] = [
        (month.end, minor, None, None) for month, minor in known[:-1]
    ]
    last, minor = known[-1]
    # Where it stands is a point of every line, so that they meet.
    rows += [(last.end, minor, minor, minor)]
    steps = zip(found.ahead, fan.expected, fan.low, fan.high, strict=True)
    rows += [(month.end, point, low, high) for month, point, low, high in steps]
    frame = pd.DataFrame([(_shown(at), *rest) for at, *rest in rows], columns=["at", "mrr", "low", "high"])
    return charts.line(
        frame.astype({"at": "datetime64[us]", "low": "Int64", "high": "Int64"}),
        x="at",
        y="mrr",
        band=("low", "high"),
        forecast_from=_shown(last.end),
        title=f"MRR until {say.month(found.ahead[-1].start)}",
        unit=units.money(REPORTING, "at month ends, dotted ahead"),
        from_zero=False,
        height=400,
    )


def _shown(end: datetime) -> pd.Timestamp:
    """The month's last day, so that the axis names the month that ends."""
    return pd.Timestamp(end.replace(tzinfo=None)) - pd.Timedelta(days=1)


def _record(found: KnownAndAhead, made: RevenueForecast) -> None:
    fan, record = made.mrr, made.mrr.record
    end = say.month(found.ahead[-1].start)
    place = card("record", f"{say.compact_money(fan.expected[-1], REPORTING)} in {end}", _between(made))
    with place.right:
        meaning.button("forecast", "The forecast", _MEANING)
    with place.body:
        st.markdown(_verdict(record))
        st.markdown(say.plain(_coverage(record)))
        columns.table(
            pd.DataFrame([_part(each, made) for each in COMPONENTS]),
            {
                "name": columns.text("Component", width=100),
                "sum": columns.change("Ahead", REPORTING, help="Of all months ahead together."),
                "next": columns.text("Next month", width=110),
                "mase": columns.number("MASE", digits=2, help="Error by the usual change from month to month."),
            },
            key="components",
            alt="Components of the forecast: sum of the months ahead, the next month's band, and the error before.",
            height="content",
        )
        st.caption(f"From {say.count(made.months, 'whole month')}, each judged by what was known before it.")


def _short(minor: int) -> str:
    return say.compact_money(minor, REPORTING)


def _between(made: RevenueForecast) -> str:
    low, high = (say.compact_money(each[-1], REPORTING) for each in (made.mrr.low, made.mrr.high))
    return f"{say.percent(_CLAIMED, digits=0)} band: {low} to {high}"


def _verdict(record: Record) -> str:
    if record.skill is None:
        return ":gray-badge[Unproven] Too few months to compare it with naive."
    ours, naive = (say.plain(say.percent(each)) for each in (record.mape, record.naive_mape))
    if not record.better:
        return f":orange-badge[No better than naive] Off by {ours} on average; that all stays as it is, by {naive}."
    less = say.plain(say.percent(record.skill, digits=0))
    return f":green-badge[Better than naive] Off by {ours} on average, naive by {naive}: {less} less error."


def _coverage(record: Record) -> str:
    claimed = say.percent(_CLAIMED, digits=0)
    if record.coverage is None:
        return f"Its {claimed} bands cannot be judged yet: too few months have come since they could be drawn."
    held = say.percent(record.coverage, digits=0)
    return f"Its {claimed} bands held {held} of what came, over {say.count(record.bands, 'forecast')}."


def _part(name: str, made: RevenueForecast) -> dict[str, object]:
    fan = made.components[name]
    return {
        "name": name.capitalize(),
        "sum": say.major(sum(fan.expected), REPORTING),
        "next": f"{_short(fan.low[0])} to {_short(fan.high[0])}",
        "mase": None if fan.record.mase is None else float(fan.record.mase),
    }
