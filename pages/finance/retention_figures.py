"""The tiles and trends of Retention: what is kept over a year, and what is lost in a month."""

from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.finance.views import of_month
from core.metrics.catalog import metric
from core.metrics.sums import number, sums_of
from pages.finance.over_months import rate
from pages.finance.revenue_month import Chosen, address
from pages.parts import charts, links
from pages.parts.cards import Drill, Tile, card
from pages.parts.charts import units
from pages.parts.theme import SCREEN

_YEAR: Final = ("nrr", "grr")
_MONTH: Final = ("logo_churn", "revenue_churn")
_SHOWN: Final = 24


def tiles(months: pd.DataFrame, years: pd.DataFrame, chosen: Chosen) -> list[Tile]:
    """NRR and GRR of the year, churn of customers and of MRR in the last month that is over."""
    judged = chosen.judged
    by_customer = Drill(links.to("movements"), "Movements of the year", address("movements", judged, over="12 months"))
    churned = Drill(links.to("movements"), "Who left", address("movements", judged, kind="Churn"))
    return [
        *(
            rate(each, partial(of_month, years), judged, label=f"{metric(each).label}, 12 months", drill=by_customer)
            for each in _YEAR
        ),
        *(
            rate(
                each,
                partial(of_month, months),
                judged,
                label=f"{metric(each).label} in {judged.start:%B}",
                drill=churned,
            )
            for each in _MONTH
        ),
    ]


def trends(months: pd.DataFrame, years: pd.DataFrame, chosen: Chosen) -> None:
    """Draw retention and churn side by side, of months that are over."""
    over = pd.Timestamp(chosen.judged.start.replace(tzinfo=None))
    left, right = st.columns(2)
    with left, card("kept").body:
        charts.show(_kept(_values(years[years["month"].le(over)], _YEAR)), "kept")
    with right, card("lost").body:
        charts.show(_lost(_values(months[months["month"].le(over)], _MONTH)), "lost")


def _values(sums: pd.DataFrame, metrics: tuple[str, ...]) -> pd.DataFrame:
    """Each metric of each month, as month, name and share; months in which it is undefined are left out."""
    rows: list[dict[str, Any]] = [
        {"month": row["month"], "name": metric(each).label, "share": number(metric(each).of(sums_of(row)))}
        for each in metrics
        for row in sums.tail(_SHOWN).to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["month", "name", "share"]).dropna(subset=["share"])


def _kept(frame: pd.DataFrame) -> charts.Chart:
    return charts.line(
        frame,
        x="month",
        y="share",
        series="name",
        title="Retention over 12 months",
        unit=units.percent("of the MRR a year before"),
        target=1.0,
        target_label="All of it",
        from_zero=False,
    )


def _lost(frame: pd.DataFrame) -> charts.Chart:
    return charts.line(
        frame,
        x="month",
        y="share",
        series="name",
        title="Churn by month",
        unit=units.percent("of customers, and of MRR"),
        colors={metric("logo_churn").label: SCREEN.warning, metric("revenue_churn").label: SCREEN.bad},
    )
