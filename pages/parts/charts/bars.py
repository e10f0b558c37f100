"""Values side by side: bars, a waterfall of movements, and the shares of one whole."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pages.parts import format as say
from pages.parts.charts.canvas import HEIGHT, Chart, canvas, exactly, nothing, numbers, time_axis, value_axis
from pages.parts.charts.series import series_colors
from pages.parts.charts.units import Unit
from pages.parts.theme import SCREEN, Palette

_ROW_HEIGHT = 34
_TITLE_HEIGHT = 72
_SHARE_BLOCK = 104
_SHARE_ROW = 24
# Below this share of the level the steps of a waterfall can no longer be told apart on an axis from zero.
_SMALL_STEPS = 0.25
# Words at the end of a horizontal bar, in a chart of usual width.
_ROOM = 0.12


def bar(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    title: str,
    unit: Unit,
    horizontal: bool = False,
    series: str | None = None,
    role: str | None = None,
    limit: float | None = None,
    limit_label: str = "Limit",
    colors: Mapping[str, str] | None = None,
    palette: Palette = SCREEN,
    height: int | None = None,
    room: float = _ROOM,
) -> Chart:
    """Bars in the order of the rows; `role` is a column of good, warning, bad, neutral or accent that colors each.

    With `series` (a column) the bars of one label are stacked. Horizontal bars carry their value at the end; `room` is
    kept for it, a share of the axis: more in a narrow card.
    """
    labels = list(dict.fromkeys(frame[label])) if not frame.empty else []
    height = height or (_TITLE_HEIGHT + _ROW_HEIGHT * max(len(labels), 2) if horizontal else HEIGHT)
    if frame.empty:
        return nothing(title, unit.name, palette, height=height)
    groups = (
        [(title, frame)] if series is None else [(str(name), part) for name, part in frame.groupby(series, sort=False)]
    )
    shades = series_colors([name for name, _ in groups], palette, colors)
    figure = canvas(title, unit.name, palette, height=height, legend=len(groups) > 1)
    for name, part in groups:
        roles = None if role is None else [palette.role(each) for each in part[role]]
        lengths, words = numbers(part[value]), exactly(part[value], unit)
        figure.add_bar(
            x=lengths if horizontal else list(part[label]),
            y=list(part[label]) if horizontal else lengths,
            orientation="h" if horizontal else "v",
            name=name,
            marker={"color": roles or shades[name], "line": {"width": 0}},
            customdata=words,
            text=[unit.short(each) for each in part[value]] if horizontal and len(groups) == 1 else None,
            textposition="outside",
            textfont={"size": 12},
            cliponaxis=False,
            hovertemplate=f"%{{customdata}}<extra>{'' if series is None else '%{fullData.name}'}</extra>",
        )
    totals = frame.groupby(label, sort=False)[value].sum()
    reach = [*numbers(totals), *([] if limit is None else [float(limit)])]
    measures = value_axis(reach, unit, palette)
    figure.update_layout(
        barmode="relative",
        hovermode="closest" if horizontal else "x unified",
        xaxis=_without_ticks(measures, len(groups), room) if horizontal else _label_axis(labels, palette),
        yaxis=_label_axis(labels, palette, reverse=True) if horizontal else measures,
    )
    if limit is not None:
        across = figure.add_vline if horizontal else figure.add_hline
        across(
            **{"x" if horizontal else "y": float(limit)},
            line={"color": palette.bad, "width": 1.5},
            annotation={"text": f"{limit_label} {unit.short(limit)}", "font": {"size": 11, "color": palette.bad}},
        )
    return Chart(figure, f"{title}, {unit.name}: {_said(totals, unit)}.")


def _label_axis(labels: Sequence[Any], palette: Palette, *, reverse: bool = False) -> dict[str, Any]:
    if labels and not isinstance(labels[0], str):
        return time_axis(labels, palette)
    return {
        "type": "category",
        "autorange": "reversed" if reverse else True,
        "showgrid": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"size": 12 if reverse else 11, **({} if reverse else {"color": palette.muted})},
        "title": None,
    }


def _without_ticks(axis: dict[str, Any], groups: int, room: float) -> dict[str, Any]:
    """Values written at the bars make ticks a second telling; room is left for the words."""
    if groups > 1:
        return axis
    low, high = axis["range"]
    return axis | {"showticklabels": False, "showgrid": False, "range": [low, high + (high - low) * room]}


def _said(totals: "pd.Series[Any]", unit: Unit, *, most: int = 8) -> str:
    """Each label with its value; beyond `most` the rest is counted."""
    said = [
        f"{label if isinstance(label, str) else say.day(pd.Timestamp(str(label)))} {unit.short(value)}"
        for label, value in totals.items()
    ]
    return say.listing(said, most=most)


def waterfall(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    kind: str,
    title: str,
    unit: Unit,
    growth_is_good: bool = True,
    palette: Palette = SCREEN,
    height: int = HEIGHT,
) -> Chart:
    """From an opening to a closing value; `kind` is a column of "total" (a level) and "change" (a signed step)."""
    if frame.empty:
        return nothing(title, unit.name, palette, height=height)
    totals = [each == "total" for each in frame[kind]]
    up, down = (palette.good, palette.bad) if growth_is_good else (palette.bad, palette.good)
    figure = canvas(title, unit.name, palette, height=height)
    words = [
        unit.short(each) if total else _with_sign(unit, each) for each, total in zip(frame[value], totals, strict=True)
    ]
    figure.add_waterfall(
        x=list(frame[label]),
        y=numbers(frame[value]),
        measure=["absolute" if total else "relative" for total in totals],
        text=words,
        textposition="outside",
        textfont={"size": 12},
        customdata=exactly(frame[value], unit),
        hovertemplate="%{customdata}<extra></extra>",
        connector={"line": {"color": palette.behind, "width": 1, "dash": "dot"}},
        increasing={"marker": {"color": up}},
        decreasing={"marker": {"color": down}},
        totals={"marker": {"color": palette.accent}},
        cliponaxis=False,
    )
    levels = _levels(numbers(frame[value]), totals)
    enlarged = 0 < max(levels) - min(levels) < _SMALL_STEPS * max(levels)
    if enlarged:
        levels.append(max(0.0, min(levels) - (max(levels) - min(levels)) / 3))
    axis = value_axis(levels, unit, palette, from_zero=not enlarged)
    if enlarged:
        start = axis["tickvals"][0]
        figure.update_layout(title_subtitle_text=f"{unit.name}, axis from {unit.short(start)}")
    axis["range"] = [axis["range"][0], axis["range"][1] + (axis["range"][1] - axis["range"][0]) * 0.06]
    figure.update_layout(xaxis=_label_axis(list(frame[label]), palette), yaxis=axis, hovermode="x")
    steps = ", ".join(f"{name} {word}" for name, word in zip(frame[label], words, strict=True))
    return Chart(figure, f"{title}, {unit.name}: {steps}.")


def _with_sign(unit: Unit, value: Any) -> str:
    return ("+" if value > 0 else "") + unit.short(value)


def _levels(values: Sequence[float], totals: Sequence[bool]) -> list[float]:
    """Every height the steps pass through."""
    levels, level = [], 0.0
    for value, total in zip(values, totals, strict=True):
        level = value if total else level + value
        levels.append(level)
    return levels


def share_bar(
    frame: pd.DataFrame,
    *,
    label: str,
    value: str,
    title: str,
    unit: Unit,
    colors: Mapping[str, str] | None = None,
    palette: Palette = SCREEN,
    height: int | None = None,
) -> Chart:
    """The shares of one whole as one bar with its parts listed below; lengths compare more truly than angles.

    At most six parts.
    """
    height = height or _SHARE_BLOCK + _SHARE_ROW * len(frame)
    whole = 0 if frame.empty else frame[value].sum()
    if whole == 0:
        return nothing(title, unit.name, palette, height=height)
    shades = series_colors(list(frame[label]), palette, colors)
    figure = canvas(title, unit.name, palette, height=height)
    figure.update_layout(
        barmode="stack",
        hovermode="closest",
        bargap=0,
        margin={"t": 62, "r": 4, "b": height - _SHARE_BLOCK + 8, "l": 4, "pad": 0},
        xaxis={"visible": False, "range": [0, float(whole)], "fixedrange": True},
        yaxis={"visible": False, "fixedrange": True},
    )
    said = []
    for place, (name, part) in enumerate(zip(frame[label], frame[value], strict=True)):
        share = say.percent(float(part) / float(whole), digits=0)
        said.append(f"{name} {unit.short(part)} ({share})")
        figure.add_bar(
            x=[float(part)],
            y=[""],
            orientation="h",
            marker={"color": shades[name], "line": {"color": palette.surface, "width": 2}},
            customdata=[f"{name}: {unit.exact(part)}, {share}"],
            hovertemplate="%{customdata}<extra></extra>",
        )
        row = {"yref": "paper", "y": 0, "yanchor": "top", "yshift": -10 - _SHARE_ROW * place, "xref": "paper"}
        row |= {"showarrow": False, "font": {"size": 12}}
        figure.add_annotation(text=f'<span style="color:{shades[name]}">■</span>  {name}', x=0, xanchor="left", **row)
        figure.add_annotation(text=f"<b>{unit.short(part)}</b>   {share}", x=1, xanchor="right", **row)
    return Chart(figure, f"{title}, {unit.name}: {', '.join(said)}.")
