"""Gauges: a card a meter with how much of its limit is used; a click shows its history."""

from collections.abc import Sequence

import streamlit as st

from core.usage.attention import days_in_words, is_near, is_over, pressure
from core.usage.consumption import Consumption
from core.usage.meters import METERS
from pages.parts import format as say
from pages.parts.cards import Definition, about
from pages.usage import wording


def grid(rows: Sequence[Consumption], chosen: str) -> None:
    """Draw a card a meter, those with limits first."""
    with st.grid(4, min_column_width=215):
        for row in sorted(rows, key=lambda row: row.highest is None):
            _gauge(row, chosen=row.meter == chosen)


def foremost(rows: Sequence[Consumption]) -> str:
    """The meter nearest to its limit, unless its level says all there is; API calls where nothing is known."""
    ranked = sorted(rows, key=lambda row: pressure(row) or 0.0, reverse=True)
    telling = [row for row in ranked if row.n and METERS[row.meter].unit not in {"people", "projects"}]
    soonest = [row for row in telling if is_over(row) or is_near(row)]
    return (soonest or telling[:1] or [row for row in ranked if row.meter == "api_calls_day"])[0].meter


def _gauge(row: Consumption, *, chosen: bool) -> None:
    part = pressure(row)
    tone = "over" if is_over(row) else "near" if is_near(row) else "calm"
    key = f"opencard-{'chosen-' if chosen else ''}{row.meter}"
    with st.container(key=key, border=True, height="stretch", gap="xsmall"):
        st.button(say.plain(row.label), type="tertiary", key=f"gauge-{row.meter}", on_click=_choose, args=(row.meter,))
        st.subheader(say.plain(wording.share(row)), anchor=False)
        if part is not None:
            with st.container(key=f"gaugebar-{tone}-{row.meter}"):
                st.progress(min(1.0, part))
        st.caption(say.plain(_below(row)))
        about(f"gauge-{row.meter}", row.label, _definition(row))


def _below(row: Consumption) -> str:
    """What the number is made of, and where it goes."""
    lines = [wording.used(row) if row.highest is not None or row.busy is None else wording.unlimited(row)]
    soon = None if is_over(row) else days_in_words(row)
    if soon is not None:
        lines.append(f"limit in {soon}")
    if row.change is not None:
        lines.append(f"{wording.growth(row.change)} in 28 days")
    return " · ".join(lines)


def _definition(row: Consumption) -> Definition:
    limited = wording.limit(row.meter, row.highest) if row.source != "none" else "none"
    return Definition(
        METERS[row.meter].definition,
        "share = busy day ÷ limit, or what is used now ÷ limit where that is more"
        if METERS[row.meter].window in {"day", "hour", "minute"}
        else "share = used ÷ limit",
        f"Limit: {limited}, {wording.SOURCES[row.source]}. A busy day is the 90th percentile of 28 whole days. The "
        "days to the limit are the median of 500 simulated futures; in brackets the range of eight of ten.",
    )


def _choose(meter: str) -> None:
    st.query_params["meter"] = meter
