"""The shared grammar of pages, run as Streamlit runs it."""

import re

import pandas as pd
from streamlit.testing.v1 import AppTest

from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import Change, difference, growth


def test_growth_says_which_way_against_what_and_whether_it_is_good() -> None:
    assert growth(18_420, 17_660, against="vs last month") == Change("+4.3%", "up", "vs last month", good=True)
    assert growth(9, 10, against="vs last week", growth_is_good=False) == Change("−10.0%", "down", "vs last week", True)
    assert growth(10, 10, against="vs last week") == Change("0.0%", "flat", "vs last week", None)


def test_growth_from_nothing_is_undefined() -> None:
    assert growth(10, 0, against="vs last week") is None
    assert growth(None, 10, against="vs last week") is None


def test_a_difference_is_said_in_its_own_unit() -> None:
    moved = difference(1_240_000, 1_100_000, against="vs last week", show=lambda value: say.compact_money(value, "USD"))
    assert moved == Change("+$1.4K", "up", "vs last week", good=True)


def _page() -> None:
    import streamlit as st

    from pages.parts import cards, charts, columns, empty, filters, pills, theme

    theme.apply()
    with cards.header("Customers of *ours*", "64 customers, $12K to $15K"):
        chosen = filters.one_of("Range", ["7d", "30d"], key="range", default="30d")
    cards.tiles(
        [
            cards.Tile(
                "mrr",
                "MRR",
                "$184,200",
                cards.Change("+4.2%", "up", "vs last month", good=True),
                [1.0, 2.0, 3.0],
                cards.Definition("Monthly value of active subscriptions."),
            ),
            cards.Tile("runway", "Runway", "—", note="no cost has been booked yet"),
        ]
    )
    card = cards.card("rows", "Rows", "by value")
    with card.body:
        pills.pill("status", "past_due")
        import pandas as pd

        columns.table(
            pd.DataFrame({"name": ["Acme"], "status": pills.cells("status", ["active"])}),
            {"name": columns.name("Customer"), "status": columns.pills("status", "Status")},
            key="rows",
            alt="Customers by value",
        )
    charts.show(charts.sparkline([1, 2], title="Calls", unit=charts.units.count("calls")), "calls")
    pressed = empty.empty("none", "No alerts yet", "Add a rule to see alerts.", action="Add a rule")
    st.session_state["seen"] = (chosen, pressed)


def _run() -> AppTest:
    run = AppTest.from_function(_page).run(timeout=30)
    assert not run.exception
    return run


def test_header_tiles_cards_tables_and_empty_states_render() -> None:
    run = _run()
    assert run.title[0].value == r"Customers of \*ours\*"
    assert [metric.label for metric in run.metric] == ["MRR", "Runway"]
    assert run.metric[0].delta == r"\+4\.2%"
    assert run.metric[1].value == "—"
    assert run.get("plotly_chart")[0].proto.alt.startswith("Calls, calls: from 1 to 2")
    assert run.session_state["seen"] == ("30d", False)


def test_the_action_of_an_empty_state_answers_once() -> None:
    run = _run()
    run.button(key="empty-none-action").click().run()
    assert run.session_state["seen"][1] is True
    run.run()
    assert run.session_state["seen"][1] is False


def test_shares_are_shaded_by_how_much_they_are() -> None:
    styler = columns.shaded(pd.DataFrame({"name": ["a", "b", "c", "d"], "share": [0.1, 0.8, 1.01, None]}), ["share"])
    shades = re.findall(r"background-color: (#[0-9a-f]{8})", styler.to_html())
    assert len(set(shades)) == len(shades) == 3, "calm, near and over differ; what is not known, and names, have none"
