"""Charts: each has its subject as title, its unit in words, the theme's colors, and a sentence with its numbers."""

import json
import re
from typing import Any

import pandas as pd
import pytest
from streamlit.elements.lib import streamlit_plotly_theme as stand_ins

from pages.parts import charts, theme
from pages.parts.charts import Chart, Part, units

PLOTLY_DEFAULTS = ("#636efa", "#ef553b", "#00cc96", "#ab63fa", "#ffa15a", "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728")
USD = units.money("USD", "a month")
MONTHS = pd.date_range("2026-06-01", periods=6, freq="MS")
MRR = pd.DataFrame(
    [
        (month, tier, 1_000_000 * weight + 50_000 * at)
        for at, month in enumerate(MONTHS)
        for tier, weight in (("Enterprise", 6), ("Pro", 4), ("Basic", 2))
    ],
    columns=["month", "tier", "mrr"],
)
CALLS = pd.DataFrame(
    {"day": pd.date_range("2026-11-01", periods=20, freq="D"), "calls": range(4000, 8000, 200)}
).assign(low=lambda rows: rows.calls - 300, high=lambda rows: rows.calls + 300)
MOVES = pd.DataFrame(
    [("Oct", 1_000_000, "total"), ("New", 90_000, "change"), ("Churn", -40_000, "change"), ("Nov", 1_050_000, "total")],
    columns=["step", "amount", "kind"],
)
WEEK = pd.DataFrame(
    [(day, hour, 60 if day < 5 and 9 <= hour < 17 else 1) for day in range(7) for hour in range(24)],
    columns=["weekday", "hour", "events"],
)
FEATURES = pd.DataFrame({"feature": ["Checkout", "Email"], "uses": [48_210, 12], "role": ["good", "bad"]})
COHORTS = pd.DataFrame({"cohort": ["Jun", "Jun", "Jul"], "age": [0, 1, 0], "kept": [1.0, 0.92, 1.0]})
SHARES = pd.DataFrame({"tier": ["Enterprise", "Pro"], "mrr": [7_500_000, 2_500_000]})
HEALTH = [Part("Adoption", 21, 25), Part("Trend", 6, 20), Part("Version", None, 5)]


def every_chart(palette: theme.Palette = theme.SCREEN) -> dict[str, Chart]:
    given: dict[str, Any] = {"palette": palette}
    return {
        "area": charts.area_stack(MRR, x="month", y="mrr", series="tier", title="MRR by tier", unit=USD, **given),
        "line": charts.line(
            CALLS,
            x="day",
            y="calls",
            band=("low", "high"),
            forecast_from=CALLS.day[14],
            limit=10_000,
            title="API calls",
            unit=units.count("calls"),
            **given,
        ),
        "bar": charts.bar(
            FEATURES,
            label="feature",
            value="uses",
            role="role",
            horizontal=True,
            title="Features",
            unit=units.count("uses"),
            **given,
        ),
        "stacked": charts.bar(MRR, label="month", value="mrr", series="tier", title="MRR", unit=USD, **given),
        "waterfall": charts.waterfall(
            MOVES, label="step", value="amount", kind="kind", title="Movements", unit=USD, **given
        ),
        "week": charts.heatmap_week(
            WEEK, weekday="weekday", hour="hour", value="events", title="Rhythm", unit=units.count("events"), **given
        ),
        "cohorts": charts.heatmap(
            COHORTS, row="cohort", column="age", value="kept", title="Kept", unit=units.percent("of MRR"), **given
        ),
        "shares": charts.share_bar(SHARES, label="tier", value="mrr", title="Share", unit=USD, **given),
        "score": charts.score(HEALTH, title="Health", **given),
        "spark": charts.sparkline([3, 5, 4], title="Calls", unit=units.count("calls"), **given),
    }


NAMES = list(every_chart())


@pytest.mark.parametrize("name", NAMES)
def test_each_chart_names_its_subject_and_unit(name: str) -> None:
    chart = every_chart()[name]
    layout = chart.figure.layout
    assert layout.title.text
    assert chart.alt.startswith(layout.title.text)
    if name != "spark":
        assert layout.title.subtitle.text


@pytest.mark.parametrize("name", NAMES)
def test_each_alternative_states_numbers(name: str) -> None:
    assert re.search(r"\d", every_chart()[name].alt), every_chart()[name].alt


def test_alternatives_say_what_the_figure_shows() -> None:
    said = {name: chart.alt for name, chart in every_chart().items()}
    assert "Jun 2026 to Nov 2026: total from $120K to $128K" in said["area"]
    assert "Enterprise $62.5K" in said["area"]
    assert "Limit 10K" in said["line"]
    assert "Checkout 48.2K" in said["bar"]
    assert "Churn −$400" in said["waterfall"]
    assert "most on Mon at 09:00 (60)" in said["week"]
    assert "lowest 92%" in said["cohorts"]
    assert "Enterprise $75K (75%)" in said["shares"]
    assert said["score"] == "Health: 27 of 100. Adoption 21 of 25, Trend 6 of 20, Version no data."


@pytest.mark.parametrize("name", ["area", "line", "stacked", "waterfall"])
def test_value_axes_are_said_in_the_unit(name: str) -> None:
    words = every_chart()[name].figure.layout.yaxis.ticktext
    assert len(words) >= 3
    assert all(word.startswith(("$", "−$")) for word in words) == (name != "line")


@pytest.mark.parametrize("mode", ["screen", "light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_color_is_the_themes(name: str, mode: str) -> None:
    palette = {"screen": theme.SCREEN, "light": theme.light(), "dark": theme.dark()}[mode]
    ours = {palette.text, palette.surface, palette.good, palette.warning, palette.bad, palette.behind}
    ours |= {*palette.series, *palette.sequential, *palette.diverging}
    drawn = {color.lower() for color in re.findall(r"#[0-9a-fA-F]{6}", every_chart(palette)[name].figure.to_json())}
    assert drawn
    assert drawn <= {color.lower() for color in ours}
    assert not drawn & set(PLOTLY_DEFAULTS)


def test_figures_carry_no_template_of_plotlys_own() -> None:
    spec = json.loads(every_chart()["area"].figure.to_json())
    assert "data" not in spec["layout"]["template"]
    assert spec["layout"]["template"]["layout"]["colorway"][0] == stand_ins.CATEGORY_0


def test_a_touch_screen_scrolls_over_charts() -> None:
    for chart in every_chart().values():
        layout = chart.figure.layout
        assert layout.dragmode is False
        assert layout.xaxis.fixedrange or layout.xaxis.visible is False
    assert charts.PLOT_CONFIG["displayModeBar"] is False


def test_no_rows_make_a_sentence_instead_of_an_empty_grid() -> None:
    chart = charts.line(CALLS.head(0), x="day", y="calls", title="API calls", unit=units.count("calls"))
    assert chart.alt == "API calls: nothing to draw for this selection."
    assert chart.figure.layout.annotations[0].text


def test_more_series_than_eyes_can_tell_apart_are_refused() -> None:
    frame = pd.DataFrame({"day": ["2026-11-01"] * 7, "name": list("abcdefg"), "n": range(7)})
    with pytest.raises(ValueError, match="sum the rest as Other"):
        charts.area_stack(frame, x="day", y="n", series="name", title="Seven", unit=units.count("things"))


def test_a_forecast_is_dotted_and_meets_the_line() -> None:
    figure = every_chart()["line"].figure
    solid = next(trace for trace in figure.data if trace.line.dash == "solid")
    dotted = next(trace for trace in figure.data if trace.line.dash == "dot")
    assert solid.x[-1] == dotted.x[0]


def test_a_band_is_an_area_without_points_however_few_they_are() -> None:
    figure = charts.line(
        CALLS.head(3), x="day", y="calls", band=("low", "high"), title="Calls", unit=units.count("calls")
    ).figure
    assert next(trace for trace in figure.data if trace.fill == "toself").mode == "lines"


def test_a_waterfall_says_where_its_axis_starts() -> None:
    figure = every_chart()["waterfall"].figure
    assert "axis from $" in figure.layout.title.subtitle.text
    assert figure.layout.yaxis.range[0] > 0


def test_cells_that_can_be_picked_say_which_they_are() -> None:
    kept = units.percent("of customers")
    figure = charts.heatmap(
        COHORTS, row="cohort", column="age", value="kept", title="Cohorts", unit=kept, pick=True
    ).figure
    cells, points = figure.data
    assert [list(each) for each in points.customdata] == [["Jun", "0"], ["Jun", "1"], ["Jul", "0"]]
    assert list(points.text) == ["100.0%", "92.0%", "100.0%"]
    assert points.marker.opacity == 0
    assert cells.hoverinfo == "skip"


def test_unknown_parts_of_a_score_are_not_counted_as_zero_points() -> None:
    words = [note.text for note in every_chart()["score"].figure.layout.annotations]
    assert "no data" in words


def test_what_holds_a_score_back_is_taken_from_it_and_said() -> None:
    chart = charts.score(HEALTH, title="Health", held=("A payment failed", 7))
    assert chart.alt.startswith("Health: 20 of 100.")
    assert "A payment failed takes 7" in chart.alt
    total = [trace for trace in chart.figure.data if trace.xaxis == "x2"]
    assert [trace.x[0] for trace in total] == [20, 7, 73]


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 7), (-530, 820), (17_000, 19_500), (0, 10**12)])
def test_ticks_enclose_their_values_and_are_few(low: float, high: float) -> None:
    from pages.parts.charts.canvas import ticks

    at = ticks(low, high, whole=True)
    assert at[0] <= low
    assert at[-1] >= high
    assert 2 <= len(at) <= 8
    assert all(value == int(value) for value in at)
