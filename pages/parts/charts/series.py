"""Parts of a whole over time, and the colors that series of every chart share."""

from collections.abc import Mapping, Sequence

import pandas as pd

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
from pages.parts.charts.units import Unit
from pages.parts.theme import SCREEN, SERIES_COUNT, Palette, translucent

SERIES_HOVER = "%{customdata}<extra>%{fullData.name}</extra>"


def series_colors(names: Sequence[str], palette: Palette, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """A color a name, in order; "Other" is neutral; more than six names are refused, since nobody tells them apart."""
    if len(names) > SERIES_COUNT:
        raise ValueError(f"{len(names)} series can't be told apart: keep the largest five and sum the rest as Other.")
    colors = {name: palette.other if name == "Other" else palette.series[index] for index, name in enumerate(names)}
    return colors | dict(given or {})


def tier_colors(palette: Palette = SCREEN) -> dict[str, str]:
    """The colors of the four tiers by their names on screen."""
    return {name: palette.tier(name) for name in ("Enterprise", "Pro", "Basic", "Free")}


def area_stack(
    frame: pd.DataFrame,
    *,
    x: str,
    y: str,
    series: str,
    title: str,
    unit: Unit,
    order: Sequence[str] | None = None,
    colors: Mapping[str, str] | None = None,
    palette: Palette = SCREEN,
    height: int = HEIGHT,
) -> Chart:
    """Parts of a whole over time; one row a moment (`x`) and part (`series`), parts stacked in `order` from below."""
    if frame.empty:
        return nothing(title, unit.name, palette, height=height)
    names = list(order or frame.groupby(series)[y].sum().sort_values(ascending=False).index)
    shades = series_colors(names, palette, colors)
    figure = canvas(title, unit.name, palette, height=height, legend=True)
    for name in names:
        part = frame[frame[series] == name].sort_values(x)
        figure.add_scatter(
            x=list(part[x]),
            y=numbers(part[y]),
            customdata=exactly(part[y], unit),
            name=name,
            mode="lines",
            stackgroup="all",
            line={"color": shades[name], "width": 2},
            fillcolor=translucent(shades[name], 0.22),
            hovertemplate=SERIES_HOVER,
        )
    totals = frame.groupby(x)[y].sum().sort_index()
    moments = list(totals.index)
    figure.update_layout(xaxis=time_axis(moments, palette), yaxis=value_axis(totals.astype(float), unit, palette))
    last = frame[frame[x] == moments[-1]].set_index(series)[y]
    parts = ", ".join(f"{name} {unit.short(last[name])}" for name in names if name in last.index)
    span = f"{say_when(moments[0], moments)} to {say_when(moments[-1], moments)}"
    return Chart(
        figure,
        f"{title}, {unit.name}, {span}: total from {unit.short(totals.iloc[0])} to {unit.short(totals.iloc[-1])}."
        f" Last: {parts}.",
    )
