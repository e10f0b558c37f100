"""The history of one meter: what was used day by day, the limit, and the fan of what lies ahead."""

from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.usage import histories
from core.usage.histories import History
from core.usage.meters import Meter
from pages.parts import charts, filters
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import Chart
from pages.parts.load import load_both
from pages.usage import wording

_RANGES: Final = {"30d": 30, "90d": 90, "12m": 365}
# A limit far above what is used would press the line flat: it is named instead.
_LIMIT_IN_SIGHT: Final = 0.3


def show(actor: Actor, install_id: str, meter: Meter, now: datetime) -> None:
    """Draw the meter over time."""
    with card("history", height="content").body:
        days = _RANGES["90d"]
        if meter.window not in {"hour", "minute"}:
            with st.container(horizontal=True, horizontal_alignment="right"):
                days = _RANGES[filters.one_of("Range", list(_RANGES), key="range", default="90d")]
        found = load_both(histories.history, actor, install_id, meter.id, now=now, days=days)
        if len(found.points) < 2:
            st.caption(say.plain(f"{meter.label}: no history, {found.reason or 'it begins today'}."))
            return
        charts.show(draw(found, meter), "history")
        st.caption(say.plain(_below(found, meter)))


def draw(found: History, meter: Meter) -> Chart:
    """The chart of a history."""
    frame = _frame(found)
    highest = found.limit.highest
    reach = max(frame["high"].max(), frame["used"].max())
    near = highest is not None and reach >= _LIMIT_IN_SIGHT * highest
    ahead = bool(found.ahead)
    made = charts.line(
        frame,
        x="at",
        y="used",
        title=meter.label,
        unit=wording.unit(meter),
        band=("low", "high") if ahead else None,
        forecast_from=_whole(found)[-1][0] if ahead else None,
        limit=float(highest) if near and highest is not None else None,
    )
    # At the right end the label would stand in the fan.
    made.figure.update_annotations(x=0, xanchor="left")
    if meter.window == "minute":
        made.figure.update_xaxes(tickformat="%H:%M", hoverformat="%H:%M")
    elif meter.window == "hour":
        made.figure.update_xaxes(hoverformat="%a, %b %-d, %H:%M")
    return made


def _whole(found: History) -> tuple[tuple[datetime, int], ...]:
    """The points that are over: today's so far would look like a fall. What has no forecast keeps its last level."""
    return found.points[:-1] if found.ahead or found.meter.startswith("api_calls") else found.points


def _frame(found: History) -> pd.DataFrame:
    past: list[tuple[datetime, int, int | None, int | None]] = [(at, used, None, None) for at, used in _whole(found)]
    if found.ahead:
        # The fan opens where the line ends.
        at, used, _, _ = past[-1]
        past[-1] = (at, used, used, used)
    ahead = [(one.at, one.middle, one.low, one.high) for one in found.ahead]
    frame = pd.DataFrame([*past, *ahead], columns=["at", "used", "low", "high"])
    return frame.astype({"used": "float64", "low": "float64", "high": "float64"})


def _below(found: History, meter: Meter) -> str:
    highest = found.limit.highest
    limited = "no limit" if highest is None else f"limit {wording.amount(meter.id, highest)}"
    parts = [f"{limited} ({wording.SOURCES[found.limit.source]})"]
    if meter.window == "day" and found.points:
        parts.append(f"{wording.amount(meter.id, found.points[-1][1])} so far today")
    if found.ahead:
        parts.append("dotted: the median of simulated futures; shaded: where eight of ten lie")
    elif found.reason:
        parts.append(found.reason)
    words = "; ".join(parts)
    return f"{words[:1].upper()}{words[1:]}."
