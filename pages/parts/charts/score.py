"""A score out of a hundred with the parts that add up to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from pages.parts import format as say
from pages.parts.charts.canvas import Chart, canvas, nothing
from pages.parts.theme import SCREEN, Palette

_ROW_HEIGHT: Final = 30
_AROUND: Final = 120
_TOTAL_ROWS: Final = 1.8


@dataclass(frozen=True, slots=True)
class Part:
    """One component: the points it gives of those it could; `points` None where it can't be observed."""

    label: str
    points: float | None
    most: float

    @property
    def share(self) -> float:
        """Points given of points possible, 0 where unknown."""
        return 0.0 if self.points is None else self.points / self.most

    @property
    def words(self) -> str:
        """The points as one says them."""
        if self.points is None:
            return "no data"
        return f"{say.compact(round(self.points, 1))} of {say.compact(self.most)}"


def role_of(share: float, bands: tuple[float, float] = (0.4, 0.7)) -> str:
    """Below the first band bad, below the second warning, else good."""
    if share < bands[0]:
        return "bad"
    return "warning" if share < bands[1] else "good"


def score(
    parts: Sequence[Part],
    *,
    title: str,
    most: float = 100,
    bands: tuple[float, float] = (0.4, 0.7),
    note: str = "",
    held: tuple[str, float] | None = None,
    target: float | None = None,
    gray: bool = False,
    palette: Palette = SCREEN,
    height: int | None = None,
) -> Chart:
    """The total as one bar made of its parts, then each part against what it could give, in the order given.

    `bands` are the shares of the whole at which bad turns into warning and warning into good. `note` replaces the unit
    under the title, for a sentence such as what moved the score. `held` is what keeps the total below the sum of its
    parts: the reason and how many points it takes. `target` is drawn across the bar of the total. `gray` takes the
    colors away from a score that is not of today.
    """
    height = height or _AROUND + _ROW_HEIGHT * len(parts)
    under = note or f"points of {say.integer(most)}"
    known = [part for part in parts if part.points is not None]
    if not known:
        return nothing(title, under, palette, height=height)
    total = sum(part.points or 0 for part in known) - (held[1] if held else 0)
    figure = canvas(title, under, palette, height=height)
    color = palette.role("neutral" if gray else role_of(total / most, bands))
    split = len(parts) / (len(parts) + _TOTAL_ROWS)
    figure.update_layout(
        barmode="stack",
        hovermode="closest",
        bargap=0.45,
        # Room for the longest words at the right end, at 12 pixels a letter takes six and a half.
        margin={
            "t": 58,
            "r": max(66, round(12 + 6.5 * max(len(part.words) for part in parts))),
            "b": 4,
            "l": 4,
            "pad": 4,
        },
        xaxis={"visible": False, "range": [0, 1], "fixedrange": True},
        xaxis2={"visible": False, "range": [0, most], "anchor": "y2", "fixedrange": True},
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "domain": [0, split],
            "showgrid": False,
            "ticks": "",
            "automargin": True,
            "fixedrange": True,
            "tickfont": {"size": 12},
            "title": None,
        },
        yaxis2={
            "domain": [split + 0.04, 1],
            "anchor": "x2",
            "tickvals": ["total"],
            "ticktext": [f"<b>{say.integer(total)}</b>"],
            "tickfont": {"size": 30, "color": color},
            "showgrid": False,
            "ticks": "",
            "automargin": True,
            "fixedrange": True,
        },
    )
    _add_total(figure, known, held, most, color, palette)
    _add_parts(figure, parts, ["neutral" if gray else role_of(part.share, bands) for part in parts], palette)
    if target is not None:
        _add_target(figure, target, palette)
    said = ", ".join(f"{part.label} {part.words}" for part in parts)
    said += "" if target is None else f"; target {say.integer(target)}"
    said += "" if held is None else f"; {held[0]} takes {say.compact(round(held[1], 1))}"
    return Chart(figure, f"{title}: {say.integer(total)} of {say.integer(most)}. {said}.")


def _right_margin(parts: Sequence[Part]) -> int:
    """Room for the longest words at the right end: in 12 pixels a letter takes about six and a half."""
    return max(66, round(12 + 6.5 * max(len(part.words) for part in parts)))


def _add_total(
    figure: go.Figure,
    parts: Sequence[Part],
    held: tuple[str, float] | None,
    most: float,
    color: str,
    palette: Palette,
) -> None:
    total = sum(part.points or 0 for part in parts)
    segments = [(part.points or 0, f"{part.label}: {part.words}", color) for part in parts]
    if held is not None:
        # What is held back no longer belongs to any one part.
        segments = [(total - held[1], f"{say.integer(total - held[1])} of {say.integer(most)}", color)]
        segments.append((held[1], f"{held[0]}: {say.compact(-round(held[1], 1))}", palette.behind))
    segments.append((max(0.0, most - total), f"{say.compact(round(most - total, 1))} to gain", palette.track))
    for length, words, shade in segments:
        figure.add_bar(
            x=[length],
            y=["total"],
            xaxis="x2",
            yaxis="y2",
            orientation="h",
            width=0.62,
            marker={"color": shade, "line": {"color": palette.surface, "width": 1.5}},
            customdata=[words],
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
        )
    figure.add_annotation(**_at_right(f"of {say.integer(most)}", 0, "y2", palette))


def _add_target(figure: go.Figure, target: float, palette: Palette) -> None:
    across = {"x0": target, "x1": target, "y0": -0.48, "y1": 0.48, "xref": "x2", "yref": "y2"}
    figure.add_shape(type="line", line={"color": palette.good, "width": 2, "dash": "dot"}, **across)
    figure.add_annotation(
        text=f"Target {say.integer(target)}",
        x=target,
        xref="x2",
        y=0.5,
        yref="y2",
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
        font={"size": 11, "color": palette.good},
    )


def _add_parts(figure: go.Figure, parts: Sequence[Part], roles: Sequence[str], palette: Palette) -> None:
    labels = [part.label for part in parts]
    shades = [palette.role(role) for role in roles]
    for lengths, colors in (
        ([part.share for part in parts], shades),
        ([1 - part.share for part in parts], [palette.track] * len(parts)),
    ):
        figure.add_bar(
            x=lengths,
            y=labels,
            orientation="h",
            marker={"color": colors, "line": {"width": 0}},
            customdata=[part.words for part in parts],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
            showlegend=False,
        )
    for part in parts:
        figure.add_annotation(**_at_right(part.words, part.label, "y", palette))


def _at_right(text: str, row: str | int, axis: str, palette: Palette) -> dict[str, object]:
    return {
        "text": text,
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 6,
        "y": row,
        "yref": axis,
        "showarrow": False,
        "font": {"size": 12, "color": palette.muted},
    }
