"""How a month's opening MRR became its closing: as a waterfall, and as rows that add up to the cent."""

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from core.finance.exchange import REPORTING
from core.finance.views import of_month
from core.periods import add_months, month_of
from pages.finance.revenue_month import Chosen, address
from pages.parts import charts, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import units

_ORDER: Final = ("new", "expansion", "reactivation", "contraction", "churn")


def show(months: pd.DataFrame, chosen: Chosen) -> None:
    """Draw both side by side."""
    sums = of_month(months, chosen.month)
    left, right = st.columns([3, 2])
    with left, card("waterfall").body:
        charts.show(_waterfall(sums, chosen), "waterfall")
    with right, card("bridge", f"{chosen.name}, to the cent", _said(sums, chosen)).body:
        _rows(sums, chosen)


def _said(sums: Mapping[str, int], chosen: Chosen) -> str:
    """The month in one sentence."""
    moved = sums["closing"] - sums["opening"]
    way = "stood still" if not moved else f"{'rose' if moved > 0 else 'fell'} by {say.money(abs(moved), REPORTING)}"
    who = {"customers_new": "new", "customers_reactivated": "back", "customers_churned": "left"}
    counted = [f"{say.integer(sums[each])} {word}" for each, word in who.items() if sums[each]]
    so_far = " so far" if chosen.running else ""
    return f"MRR {way}{so_far}: {say.listing(counted)}." if counted else f"MRR {way}{so_far}."


def _waterfall(sums: Mapping[str, int], chosen: Chosen) -> charts.Chart:
    """Opening, each kind of movement that happened, exchange where there was any, and where MRR ended."""
    steps = [(kind.capitalize(), "change", sums[kind]) for kind in (*_ORDER, "exchange") if sums[kind]]
    end = "Now" if chosen.running else "End"
    rows = [("Start", "total", sums["opening"]), *steps, (end, "total", sums["closing"])]
    return charts.waterfall(
        pd.DataFrame(rows, columns=["step", "kind", "minor"]),
        label="step",
        value="minor",
        kind="kind",
        title=f"Movements in {chosen.name}",
        unit=units.money(REPORTING, "a month"),
    )


def _rows(sums: Mapping[str, int], chosen: Chosen) -> None:
    """Opening + movements + exchange = closing; each row leads to what it is made of."""
    before = month_of(add_months(chosen.month.start, -1))
    start = f"MRR on {say.day(chosen.month.start, year=False)}"
    end = "MRR now" if chosen.running else f"MRR on {say.day(chosen.at, year=False)}"
    with st.container(gap="xxsmall", key="bridge-rows"):
        _row("opening", start, sums["opening"], "subscriptions", address("subscriptions", before))
        for kind in _ORDER:
            asked = address("movements", chosen.month, kind=kind.capitalize())
            _row(kind, kind.capitalize(), sums[kind], "movements", asked, sign=True)
        _row("exchange", "Exchange, by changed rates", sums["exchange"], sign=True)
        _row("total", end, sums["closing"], "subscriptions", address("subscriptions", chosen.month))


def _row(
    key: str,
    label: str,
    minor: int,
    screen: str | None = None,
    query: Mapping[str, str] | None = None,
    *,
    sign: bool = False,
) -> None:
    amount = say.plain(say.money(minor, REPORTING, sign=sign))
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        key=f"row-sum-{key}",
    ):
        if screen is not None and minor:
            links.link(screen, label, query)
        else:
            st.markdown(f":gray[:small[{say.plain(label)}]]", width="content")
        words = f":small[**{amount}**]" if not sign else f":small[{amount}]" if minor else f":gray[:small[{amount}]]"
        st.markdown(words, width="content")
