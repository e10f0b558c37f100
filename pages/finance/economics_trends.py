"""Unit economics over months: how often a customer returns its cost, and what both sides of that are."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.finance.exchange import REPORTING
from core.metrics.catalog import metric
from core.metrics.sums import number
from pages.finance.economics_figures import Seen
from pages.parts import charts, filters
from pages.parts.cards import card
from pages.parts.charts import Chart, units

# A rule of thumb of investors: below it growth is dear, far above it one could grow faster.
_HEALTHY: Final = 3.0
_PAIRS: Final = {"LTV and CAC": ("ltv", "cac"), "Payback": ("payback",), "ARPA": ("arpa",), "Margin": ("gross_margin",)}
_UNITS: Final = {
    "money": units.money(REPORTING, "a customer"),
    "months": units.number("months"),
    "share": units.percent("of revenue"),
    "ratio": units.number("times"),
}


def show(seen: Seen) -> None:
    """Draw LTV:CAC, and beside it what the reader picks."""
    left, right = st.columns(2)
    with left, card("ratio").body:
        charts.show(_chart(seen, ("ltv_to_cac",), target=_HEALTHY), "ratio")
    with right:
        place = card("parts")
        with place.body:
            picked = filters.one_of("Show", list(_PAIRS), key="trend")
            charts.show(_chart(seen, _PAIRS[picked], height=278), f"parts-{picked}")


def _chart(seen: Seen, metrics: tuple[str, ...], *, target: float | None = None, height: int = 340) -> Chart:
    rows: list[dict[str, Any]] = [
        {
            "month": month.start.replace(tzinfo=None),
            "name": metric(each).label,
            "value": number(metric(each).of(seen.of(month))),
        }
        for each in metrics
        for month in seen.months
    ]
    frame = pd.DataFrame(rows, columns=["month", "name", "value"]).dropna(subset=["value"])
    return charts.line(
        frame,
        x="month",
        y="value",
        series="name" if len(metrics) > 1 else None,
        title=" and ".join(metric(each).label for each in metrics),
        unit=_UNITS[metric(metrics[0]).unit],
        target=target,
        target_label="Healthy from",
        from_zero=metrics != ("gross_margin",),
        height=height,
    )
