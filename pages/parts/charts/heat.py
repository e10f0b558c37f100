"""Values on two axes: any grid, and the hours of a week."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from pages.parts import format as say
from pages.parts.charts.canvas import Chart, canvas, nothing
from pages.parts.charts.units import Unit
from pages.parts.theme import SCREEN, Palette

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ROW_HEIGHT: Final = 30
_AROUND: Final = 104


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells by row and column (NaN where nothing is known), and the value at which shades start."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: "np.ndarray[Any, np.dtype[np.float64]]"
    start: float

    @property
    def highest(self) -> float:
        return float(np.nanmax(self.cells)) if np.isfinite(self.cells).any() else self.start + 1


def heatmap_week(
    frame: pd.DataFrame,
    *,
    weekday: str,
    hour: str,
    value: str,
    title: str,
    unit: Unit,
    zone: str = "UTC",
    palette: Palette = SCREEN,
    height: int = 300,
) -> Chart:
    """168 cells: `weekday` 0 (Monday) to 6, `hour` 0 to 23 in `zone`; hours that are missing count as none."""
    name = f"{unit.name}, hours in {zone}"
    if frame.empty or not frame[value].sum():
        return nothing(title, name, palette, height=height)
    table = frame.pivot_table(index=weekday, columns=hour, values=value, aggfunc="sum")
    week = table.reindex(index=range(7), columns=range(24)).fillna(0).to_numpy(dtype=float)
    hours = [f"{each:02d}" for each in range(24)]
    figure = canvas(title, name, palette, height=height)
    _add_cells(figure, _Grid(WEEKDAYS, hours, week, 0.0), unit, palette)
    figure.update_xaxes(tickvals=hours[::3])
    return Chart(figure, f"{title}, {unit.name} by hour of the week in {zone}: {_week_in_words(week, unit)}.")


def _week_in_words(week: "np.ndarray[Any, np.dtype[np.float64]]", unit: Unit) -> str:
    day, hour = divmod(int(week.argmax()), 24)
    office = say.percent(week[:5, 9:17].sum() / week.sum(), digits=0)
    weekend = say.percent(week[5:].sum() / week.sum(), digits=0)
    return (
        f"most on {WEEKDAYS[day]} at {hour:02d}:00 ({unit.short(week.max())});"
        f" {office} on weekdays from 09:00 to 17:00, {weekend} at weekends"
    )


def heatmap(
    frame: pd.DataFrame,
    *,
    row: str,
    column: str,
    value: str,
    title: str,
    unit: Unit,
    written: bool = True,
    from_zero: bool = True,
    pick: bool = False,
    palette: Palette = SCREEN,
    height: int | None = None,
) -> Chart:
    """One cell a row of `frame`, rows and columns in the order they appear; `written` puts the value into the cell.

    Shades start at zero, or with `from_zero` off at the lowest value (for values that lie close together). With `pick`
    a cell can be picked; the customdata of its point is its row and its column.
    """
    rows, columns = list(dict.fromkeys(frame[row])), list(dict.fromkeys(frame[column]))
    height = height or _AROUND + _ROW_HEIGHT * max(len(rows), 2)
    known = frame.dropna(subset=[value])
    if known.empty:
        return nothing(title, unit.name, palette, height=height)
    table = frame.pivot_table(index=row, columns=column, values=value, aggfunc="first", sort=False)
    cells = table.reindex(index=rows, columns=columns).to_numpy(dtype=float)
    lowest = float(np.nanmin(cells))
    grid = _Grid(
        [str(each) for each in rows], [str(each) for each in columns], cells, min(lowest, 0.0) if from_zero else lowest
    )
    figure = canvas(title, unit.name, palette, height=height)
    _add_cells(figure, grid, unit, palette)
    if written:
        # The browser picks a size that fits the cell and black or white by its shade.
        figure.update_traces(text=_words(grid, unit.short), texttemplate="%{text}")
    if pick:
        _make_pickable(figure, grid, unit, palette)
    ordered = known.sort_values(value)
    least, most = ordered.iloc[0], ordered.iloc[-1]
    return Chart(
        figure,
        f"{title}, {unit.name}, {len(rows)} rows by {len(columns)} columns: highest {unit.short(most[value])}"
        f" ({most[row]}, {most[column]}), lowest {unit.short(least[value])} ({least[row]}, {least[column]}).",
    )


def _words(grid: _Grid, show: Callable[[say.Number], str]) -> list[list[str]]:
    return [["" if np.isnan(cell) else show(float(cell)) for cell in line] for line in grid.cells]


def _make_pickable(figure: go.Figure, grid: _Grid, unit: Unit, palette: Palette) -> None:
    """Lay an unseen point over each cell that has a value: Plotly tells of clicks on points, not on cells."""
    places = [(row, column) for row in range(len(grid.rows)) for column in range(len(grid.columns))]
    known = [(row, column) for row, column in places if not np.isnan(grid.cells[row, column])]
    unseen = {"marker": {"opacity": 0}}
    figure.update_traces(hoverinfo="skip", hovertemplate=None)
    figure.add_scatter(
        x=[grid.columns[column] for _, column in known],
        y=[grid.rows[row] for row, _ in known],
        mode="markers",
        marker={"size": _ROW_HEIGHT, "symbol": "square", "opacity": 0, "color": palette.surface},
        selected=unseen,
        unselected=unseen,
        text=[unit.exact(float(grid.cells[row, column])) for row, column in known],
        customdata=[[grid.rows[row], grid.columns[column]] for row, column in known],
        hovertemplate="%{y} %{x}: %{text}<extra></extra>",
        showlegend=False,
    )
    # Points would have room left around them.
    figure.update_layout(
        xaxis={"range": [-0.5, len(grid.columns) - 0.5], "autorange": False},
        yaxis={"range": [len(grid.rows) - 0.5, -0.5], "autorange": False},
    )


def _add_cells(figure: go.Figure, grid: _Grid, unit: Unit, palette: Palette) -> None:
    figure.add_heatmap(
        z=[[None if np.isnan(cell) else float(cell) for cell in line] for line in grid.cells],
        x=list(grid.columns),
        y=list(grid.rows),
        customdata=_words(grid, unit.exact),
        hovertemplate="%{y} %{x}: %{customdata}<extra></extra>",
        hoverongaps=False,
        xgap=2,
        ygap=2,
        zmin=grid.start,
        zmax=grid.highest if grid.highest > grid.start else grid.start + 1,
        colorscale=[[index / 9, color] for index, color in enumerate(palette.sequential)],
        colorbar={
            "thickness": 8,
            "len": 1,
            "x": 1.01,
            "xpad": 4,
            "outlinewidth": 0,
            "tickvals": [grid.start, grid.highest],
            "ticktext": [unit.short(grid.start), unit.short(grid.highest)],
            "ticklabelposition": "outside",
            "tickfont": {"size": 11, "color": palette.muted},
        },
    )
    quiet = {"type": "category", "showgrid": False, "zeroline": False, "showline": False, "ticks": "", "title": None}
    quiet |= {"fixedrange": True, "automargin": True}
    figure.update_layout(
        hovermode="closest",
        xaxis=quiet | {"tickangle": 0, "tickfont": {"size": 11, "color": palette.muted}},
        yaxis=quiet | {"autorange": "reversed", "tickfont": {"size": 12}},
    )
