"""Points by two measures, with the lines that part them into four corners."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pages.parts.charts.canvas import HEIGHT, Chart, canvas, nothing, value_axis
from pages.parts.charts.units import Unit
from pages.parts.theme import SCREEN, Palette

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Point:
    """One thing at two measures; `named` writes its name beside it, the others tell it when pointed at."""

    name: str
    x: float
    y: float
    role: str = "accent"
    named: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A measure: what it is called, its unit, and where it parts low from high."""

    label: str
    unit: Unit
    parts_at: float


def scatter(
    points: Sequence[Point], *, x: Axis, y: Axis, title: str, palette: Palette = SCREEN, height: int = HEIGHT
) -> Chart:
    """The points with both axes from zero and a dotted line where each axis parts low from high."""
    under = f"{y.label} by {x.label.lower()}"
    if not points:
        return nothing(title, under, palette, height=height)
    figure = canvas(title, under, palette, height=height)
    figure.update_layout(hovermode="closest")
    for role in dict.fromkeys(point.role for point in points):
        _add(figure, [point for point in points if point.role == role], x, y, palette.role(role))
    line = {"color": palette.behind, "width": 1.2, "dash": "dot"}
    figure.add_vline(x=x.parts_at, line=line)
    figure.add_hline(y=y.parts_at, line=line)
    across = value_axis([point.x for point in points] + [x.parts_at], x.unit, palette)
    figure.update_layout(
        xaxis={**across, "showgrid": False, "title": {"text": x.label, "font": {"size": 11, "color": palette.muted}}},
        yaxis=value_axis([point.y for point in points] + [y.parts_at], y.unit, palette),
    )
    named = [point for point in points if point.named][:_MOST_NAMED]
    said = "; ".join(f"{point.name} {x.unit.short(point.x)}, {y.unit.short(point.y)}" for point in named)
    return Chart(figure, f"{title}, {under}, {len(points)} points{f': {said}' if said else ''}.")


def _add(figure: go.Figure, points: Sequence[Point], x: Axis, y: Axis, color: str) -> None:
    figure.add_scatter(
        x=[point.x for point in points],
        y=[point.y for point in points],
        mode="markers+text",
        text=[point.name if point.named else "" for point in points],
        textposition="top center",
        textfont={"size": 11, "color": color},
        marker={"color": color, "size": 9, "opacity": 0.8, "line": {"width": 0}},
        customdata=[
            f"<b>{point.name}</b><br>{x.label} {x.unit.exact(point.x)}<br>{y.label} {y.unit.exact(point.y)}"
            for point in points
        ],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )
