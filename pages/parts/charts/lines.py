"""Lines over time with their band, limit, target and forecast, and the sparkline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from pages.parts.charts.canvas import (
    HEIGHT,
    Chart,
    canvas,
    exactly,
    nothing,
    numbers,
    say_when,
    time_axis,
    value_axis,
)
from pages.parts.charts.series import SERIES_HOVER, series_colors
from pages.parts.charts.units import Unit
from pages.parts.theme import SCREEN, Palette, translucent

_BAND_SHARE = 0.14


@dataclass(frozen=True, slots=True)
class _Line:
    """One line to draw: its rows in order of time and the names of its columns."""

    name: str
    rows: pd.DataFrame
    x: str
    y: str
    color: str


@dataclass(frozen=True, slots=True)
class _Level:
    """A value with a labeled line across the chart."""

    value: float
    label: str
    color: str
    dash: str


def line(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    title: str,
    unit: Unit,
    series: str | None = None,
    band: tuple[str, str] | None = None,
    forecast_from: Any = None,
    limit: float | None = None,
    limit_label: str = "Limit",
    target: float | None = None,
    target_label: str = "Target",
    from_zero: bool = True,
    colors: Mapping[str, str] | None = None,
    palette: Palette = SCREEN,
    height: int = HEIGHT,
) -> Chart:
    """One line, or one a name of `series`; `band` names the columns of an interval's lower and upper bound.

    From `forecast_from` on the line is dotted. `limit` and `target` are values with a labeled line across.
    """
    if frame.empty:
        return nothing(title, unit.name, palette, height=height)
    frame = frame.sort_values(x)
    groups = {title: frame} if series is None else {str(name): part for name, part in frame.groupby(series, sort=False)}
    shades = series_colors(list(groups), palette, colors)
    lines = [_Line(name, part, x, y, shades[name]) for name, part in groups.items()]
    levels = _levels((limit, limit_label, palette.bad, "solid"), (target, target_label, palette.good, "dash"))
    figure = canvas(title, unit.name, palette, height=height, legend=len(groups) > 1)
    for each in lines:
        if band is not None:
            _add_band(figure, each, *band)
        _add_line(figure, each, unit, forecast_from)
    for level in levels:
        _add_level(figure, level, unit)
    reach = [value for column in (y, *(band or ())) for value in numbers(frame[column])]
    reach += [level.value for level in levels]
    figure.update_layout(
        xaxis=time_axis(list(frame[x].unique()), palette), yaxis=value_axis(reach, unit, palette, from_zero=from_zero)
    )
    said = [_in_words(each, unit, alone=len(lines) == 1) for each in lines]
    said += [f"{level.label} {unit.short(level.value)}" for level in levels]
    return Chart(figure, f"{title}, {unit.name}: {'; '.join(said)}.")


def _levels(*given: tuple[float | None, str, str, str]) -> list[_Level]:
    return [_Level(float(value), label, color, dash) for value, label, color, dash in given if value is not None]


def _add_band(figure: go.Figure, each: _Line, low: str, high: str) -> None:
    known = each.rows.dropna(subset=[low, high])
    figure.add_scatter(
        x=[*known[each.x], *reversed(list(known[each.x]))],
        y=[*numbers(known[high]), *reversed(numbers(known[low]))],
        fill="toself",
        fillcolor=translucent(each.color, _BAND_SHARE),
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        name="interval",
    )


def _add_line(figure: go.Figure, each: _Line, unit: Unit, forecast_from: Any) -> None:
    rows = each.rows
    pieces = [(rows if forecast_from is None else rows[rows[each.x] <= forecast_from], "solid", each.name)]
    if forecast_from is not None:
        pieces.append((rows[rows[each.x] >= forecast_from], "dot", "forecast"))
    for piece, dash, name in pieces:
        figure.add_scatter(
            x=list(piece[each.x]),
            y=numbers(piece[each.y]),
            customdata=exactly(piece[each.y], unit),
            name=name,
            mode="lines" if len(piece) > 1 else "markers",
            line={"color": each.color, "width": 2, "dash": dash},
            connectgaps=False,
            showlegend=dash == "solid",
            hovertemplate=SERIES_HOVER,
        )


def _add_level(figure: go.Figure, level: _Level, unit: Unit) -> None:
    figure.add_hline(
        y=level.value,
        line={"color": level.color, "width": 1.5, "dash": level.dash},
        annotation={
            "text": f"{level.label} {unit.short(level.value)}",
            "font": {"size": 11, "color": level.color},
            "xanchor": "right",
            "yanchor": "bottom",
            "x": 1,
            "yshift": 2,
        },
    )


def _in_words(each: _Line, unit: Unit, *, alone: bool) -> str:
    known = each.rows.dropna(subset=[each.y])
    name = "" if alone else f"{each.name} "
    if known.empty:
        return f"{name}no values"
    moments, first, last = list(each.rows[each.x]), known.iloc[0], known.iloc[-1]
    return (
        f"{name}{unit.short(first[each.y])} on {say_when(first[each.x], moments)},"
        f" {unit.short(last[each.y])} on {say_when(last[each.x], moments)}"
    )


def sparkline(
    values: Sequence[float],
    *,
    title: str,
    unit: Unit,
    role: str = "accent",
    palette: Palette = SCREEN,
    height: int = 56,
) -> Chart:
    """A line without axes for a row of text; its numbers are in the alternative."""
    if not values:
        return nothing(title, unit.name, palette, height=height)
    color = palette.role(role)
    figure = canvas(title, unit.name, palette, height=height)
    figure.add_scatter(
        y=[float(value) for value in values],
        customdata=[unit.exact(value) for value in values],
        mode="lines",
        line={"color": color, "width": 1.75},
        fill="tozeroy",
        fillcolor=translucent(color, _BAND_SHARE),
        hovertemplate="%{customdata}<extra></extra>",
    )
    low, high = float(min(values)), float(max(values))
    pad = (high - low or abs(high) or 1.0) * 0.15
    figure.update_layout(
        title={"text": title, "font": {"size": 1, "color": "rgba(0,0,0,0)"}, "subtitle": {"text": ""}},
        margin={"t": 2, "r": 2, "b": 2, "l": 2, "pad": 0},
        xaxis={"visible": False, "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True, "range": [low - pad, high + pad]},
    )
    return Chart(
        figure,
        f"{title}, {unit.name}: from {unit.short(values[0])} to {unit.short(values[-1])},"
        f" lowest {unit.short(min(values))}, highest {unit.short(max(values))}.",
    )
