"""Marks and points on charts: drawn where they are, and said to whoever can't see them."""

from datetime import date

import pandas as pd

from pages.parts import charts

DAYS = pd.DataFrame({"day": [date(2026, 11, 1), date(2026, 11, 8)], "value": [0.01, 0.12]})


def _line() -> charts.Chart:
    return charts.line(DAYS, x="day", y="value", title="Failed", unit=charts.units.percent("of events"))


def test_a_mark_is_a_line_with_a_word_and_a_span_a_band() -> None:
    marks = [charts.Mark(date(2026, 11, 3), "4.2", date(2026, 11, 5), "bad"), charts.Mark(date(2026, 11, 7), "4.2.1")]
    made = charts.marked(_line(), marks)
    assert [shape.type for shape in made.figure.layout.shapes] == ["rect", "line", "line"]
    assert {"4.2", "4.2.1"} <= {each.text for each in made.figure.layout.annotations}
    assert made.alt.endswith("Marked: 4.2 on 03 Nov; 4.2.1 on 07 Nov.")


def test_without_marks_the_chart_is_as_it_was() -> None:
    assert charts.marked(_line(), []).alt == _line().alt


def test_points_lie_in_four_corners_and_those_that_matter_have_names() -> None:
    points = [charts.Point("Stark", 49, 49_900, "bad", named=True), charts.Point("Globex", 90, 250_000)]
    made = charts.scatter(
        points,
        x=charts.Axis("Health", charts.units.number("points", digits=0), 50),
        y=charts.Axis("MRR", charts.units.money("USD"), 100_000),
        title="Health and MRR",
    )
    assert [trace.text for trace in made.figure.data] == [("Stark",), ("",)]
    assert "Globex" in made.figure.data[1].customdata[0]
    assert len(made.figure.layout.shapes) == 2
    assert made.alt == "Health and MRR, MRR by health, 2 points: Stark 49, $499."


def test_no_points_say_so() -> None:
    axis = charts.Axis("Health", charts.units.number("points"), 50)
    assert "nothing to draw" in charts.scatter([], x=axis, y=axis, title="Health").alt


def test_a_gray_score_has_lost_its_colors() -> None:
    parts = [charts.Part("Adoption", 20, 25), charts.Part("Errors", 1, 10)]
    colored, gray = (charts.score(parts, title="Health", gray=each) for each in (False, True))
    shades = {shade for trace in gray.figure.data[-2:-1] for shade in trace.marker.color}
    assert len(shades) == 1
    assert colored.figure.data[-2].marker.color[0] != colored.figure.data[-2].marker.color[1]
