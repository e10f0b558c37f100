"""What all charts share: the frame with its title and unit, axes in words, and the way onto the page."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.parts import format as say
from pages.parts.charts.units import Unit
from pages.parts.theme import FONT, Palette, template

PLOT_CONFIG: Final[dict[str, Any]] = {
    "displayModeBar": False,
    "scrollZoom": False,
    "doubleClick": False,
    "showTips": False,
    "responsive": True,
}
HEIGHT: Final = 320
_TITLE_BLOCK: Final = 58
_LEGEND_TOP: Final = 50
_NICE_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_WHOLE_STEPS: Final = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure and the sentence that says the same to whoever can't see it."""

    figure: go.Figure
    alt: str


def show(
    chart: Chart, key: str, *, select: bool = False, on_pick: Callable[[list[dict[str, Any]]], None] | None = None
) -> list[dict[str, Any]]:
    """Draw the chart; with `select` answer the points a person picked (each with x, y and customdata).

    `on_pick` is called with them once, in the run after the click; a picked point stays picked in later runs.
    """
    # A drawn chart keeps its colors when the reader changes theme; another key makes the next run draw it anew.
    key = f"{key}-{st.context.theme.type}"
    if not select and on_pick is None:
        st.plotly_chart(chart.figure, key=key, config=PLOT_CONFIG, alt=chart.alt)
        return []

    def picked() -> None:
        if on_pick is not None:
            on_pick([dict(point) for point in st.session_state[key].selection.points])

    event = st.plotly_chart(
        chart.figure, key=key, config=PLOT_CONFIG, alt=chart.alt, on_select=picked, selection_mode="points"
    )
    return [dict(point) for point in event.selection.points]


def canvas(title: str, unit_name: str, palette: Palette, *, height: int = HEIGHT, legend: bool = False) -> go.Figure:
    """An empty figure with its title (the subject) and under it the unit, under that the legend.

    Plain text takes its color from the template alone: Streamlit redraws that at once when the reader changes theme.
    """
    return go.Figure(
        layout={
            "template": template(palette),
            "height": height,
            "margin": {"t": _TITLE_BLOCK, "r": 4, "b": 4, "l": 4, "pad": 4},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 12},
            "title": {
                "text": title,
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 4, "l": 0},
                "font": {"family": FONT, "size": 15},
                "subtitle": {"text": unit_name, "font": {"family": FONT, "size": 12, "color": palette.muted}},
            },
            "showlegend": legend,
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                # Hung from the top it takes as many rows as a narrow chart needs, and the plot makes room.
                "y": 1 - _LEGEND_TOP / height,
                "yref": "container",
                "yanchor": "top",
                "traceorder": "normal",
                "itemclick": False,
                "itemdoubleclick": False,
                "itemwidth": 30,
                "font": {"size": 12, "color": palette.muted},
                "bgcolor": "rgba(0,0,0,0)",
            },
            "hovermode": "x unified",
            "dragmode": False,
            "bargap": 0.35,
            "barcornerradius": 3,
        }
    )


def nothing(title: str, unit_name: str, palette: Palette, *, height: int = HEIGHT) -> Chart:
    """The chart of no rows: a sentence in place of an empty grid."""
    figure = canvas(title, unit_name, palette, height=height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text="Nothing to draw for this selection", showarrow=False, font={"size": 13, "color": palette.muted}
    )
    return Chart(figure, f"{title}: nothing to draw for this selection.")


def ticks(low: float, high: float, *, whole: bool = False, most: int = 5) -> list[float]:
    """At most `most` + 2 round values that enclose [low, high]."""
    if high <= low:
        high = low + (1.0 if low == 0 else abs(low))
    raw = (high - low) / most
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(nice * scale for nice in (_WHOLE_STEPS if whole else _NICE_STEPS) if nice * scale >= raw * 0.999)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def value_axis(values: Iterable[float], unit: Unit, palette: Palette, *, from_zero: bool = True) -> dict[str, Any]:
    """An axis over `values` whose ticks are said in the unit."""
    finite = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    at = ticks(min(low, 0.0) if from_zero else low, max(high, 0.0) if from_zero else high, whole=unit.whole)
    return {
        "tickmode": "array",
        "tickvals": at,
        "ticktext": [unit.short(value) for value in at],
        "range": [at[0], at[-1] + (at[-1] - at[0]) * 0.02],
        "gridcolor": palette.grid,
        "gridwidth": 1,
        "showline": False,
        "zeroline": low < 0 < high,
        "zerolinecolor": palette.behind,
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"size": 11, "color": palette.muted},
        "title": None,
    }


def time_axis(moments: Sequence[Any], palette: Palette) -> dict[str, Any]:
    """A date axis; a series of firsts of months is read as months, all else as days."""
    monthly = _monthly(moments)
    return {
        "type": "date",
        "tickformat": "%b\n%Y" if monthly else "%b %-d\n%Y",
        "dtick": _month_step(len(moments)) if monthly else None,
        "hoverformat": "%b %Y" if monthly else "%a, %b %-d, %Y",
        "showgrid": False,
        "fixedrange": True,
        "automargin": True,
        "tickangle": 0,
        "ticklabeloverflow": "hide past div",
        "ticks": "",
        "showline": True,
        "linecolor": palette.grid,
        "tickfont": {"size": 11, "color": palette.muted},
        "title": None,
    }


def _month_step(months: int) -> str:
    """As many named months as fit a phone."""
    return f"M{next((step for step in (1, 2, 3, 6) if months <= 7 * step), 12)}"


def _monthly(moments: Sequence[Any]) -> bool:
    return len(moments) > 1 and all(pd.Timestamp(moment).day == 1 for moment in moments)


def say_when(moment: Any, moments: Sequence[Any]) -> str:
    """One of `moments` in the words of their axis."""
    return say.month(pd.Timestamp(moment)) if _monthly(moments) else say.day(pd.Timestamp(moment))


def numbers(column: "pd.Series[Any]") -> list[float]:
    """Values for the geometry alone; words are made from the exact ones."""
    return [float("nan") if pd.isna(value) else float(value) for value in column]


def exactly(column: "pd.Series[Any]", unit: Unit) -> list[str]:
    """Each value said in full."""
    return [say.DASH if pd.isna(value) else unit.exact(value) for value in column]
