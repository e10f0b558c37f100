"""Moments marked on a chart over time: a release, a change of rules, a changepoint with the days it may lie between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pages.parts.charts.canvas import Chart
from pages.parts.theme import SCREEN, Palette, translucent

_BAND = 0.16


@dataclass(frozen=True, slots=True)
class Mark:
    """A day, or the days up to `until`, with a short word; `role` colors it as good, warning, bad or neutral."""

    at: date
    label: str
    until: date | None = None
    role: str = "neutral"


def marked(chart: Chart, marks: Sequence[Mark], *, palette: Palette = SCREEN) -> Chart:
    """The chart with a dotted line at each mark, words above it, and the same in its text alternative."""
    for number, mark in enumerate(marks):
        color = palette.role(mark.role)
        if mark.until is not None and mark.until > mark.at:
            chart.figure.add_vrect(
                x0=mark.at, x1=mark.until, fillcolor=translucent(color, _BAND), line={"width": 0}, layer="below"
            )
        chart.figure.add_shape(
            type="line",
            x0=mark.at,
            x1=mark.at,
            y0=0,
            y1=1,
            yref="paper",
            line={"color": color, "width": 1.5, "dash": "dot"},
        )
        chart.figure.add_annotation(**_words(mark, number, color, palette.surface))
    said = "; ".join(f"{mark.label} on {mark.at:%d %b}" for mark in marks)
    return Chart(chart.figure, f"{chart.alt} Marked: {said}." if marks else chart.alt)


def _words(mark: Mark, number: int, color: str, surface: str) -> dict[str, Any]:
    # Neighbors on two heights, so that words of near days do not lie on each other.
    return {
        "x": mark.at,
        "y": 1.0 if number % 2 == 0 else 0.88,
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "xshift": 4,
        "text": mark.label,
        "showarrow": False,
        "font": {"size": 11, "color": color},
        "bgcolor": surface,
    }
