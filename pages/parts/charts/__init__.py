"""Charts as pure functions from a frame to a figure with its text alternative; `show` puts one on the page."""

from pages.parts.charts import units
from pages.parts.charts.bars import bar, share_bar, waterfall
from pages.parts.charts.canvas import HEIGHT, PLOT_CONFIG, Chart, nothing, show
from pages.parts.charts.heat import heatmap, heatmap_week
from pages.parts.charts.lines import line, sparkline
from pages.parts.charts.marks import Mark, marked
from pages.parts.charts.scatter import Axis, Point, scatter
from pages.parts.charts.score import Part, score
from pages.parts.charts.series import area_stack, tier_colors

__all__ = [
    "HEIGHT",
    "PLOT_CONFIG",
    "Axis",
    "Chart",
    "Mark",
    "Part",
    "Point",
    "area_stack",
    "bar",
    "heatmap",
    "heatmap_week",
    "line",
    "marked",
    "nothing",
    "scatter",
    "score",
    "share_bar",
    "show",
    "sparkline",
    "tier_colors",
    "units",
    "waterfall",
]
