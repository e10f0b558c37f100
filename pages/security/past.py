"""The score's past: its line with the target, and what moved it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.security.history import Day
from core.security.scoring import TARGET
from pages.parts import charts, columns
from pages.parts import format as say
from pages.parts.cards import card

# What rounds to 0.0 is no news.
LEAST_SHOWN = 0.05


def line(days: Sequence[Day]) -> None:
    """Draw the score of each day with the target."""
    with card("past").body:
        charts.show(_line(days), "past")


def causes(days: Sequence[Day]) -> None:
    """List each change with its causes."""
    note = "Points won and lost by each cause, newest first; a day's causes add up to its change exactly."
    with card("causes", "What moved it", note, height="content").body:
        _causes(days)


def _line(days: Sequence[Day]) -> charts.Chart:
    rows = [(each.day, each.score, "Score") for each in days]
    rows += [(each.day, each.uncapped, "Without critical failures") for each in days if each.uncapped > each.score]
    frame = pd.DataFrame(rows, columns=["day", "points", "line"])
    frame["day"] = pd.to_datetime(frame["day"])
    series = "line" if frame["line"].nunique() > 1 else None
    return charts.line(
        frame, x="day", y="points", title="Score by day", unit=charts.units.number("points of 100"), series=series,
        target=TARGET, from_zero=False, height=280,
    )  # fmt: skip


def _causes(days: Sequence[Day]) -> None:
    rows = [(each.day, cause) for each in reversed(days) for cause in each.causes if abs(cause.points) >= LEAST_SHOWN]
    if not rows:
        st.caption("Nothing has moved it yet. It is looked at every five minutes, and each day's score is kept.")
        return
    frame = pd.DataFrame(
        {
            "day": [day for day, _ in rows],
            "points": [f"{say.decimal(cause.points, sign=True)}" for _, cause in rows],
            "what": [cause.title for _, cause in rows],
            "how": [cause.words for _, cause in rows],
        }
    )
    columns.table(
        frame,
        {
            "points": columns.text("Points", width=65),
            "what": columns.text("Cause", width="medium"),
            "day": columns.day("Day"),
            "how": columns.text("How", width="large"),
        },
        key="causes",
        alt="Changes of the score, newest first: points, cause, day and how the check moved.",
        height=240 if len(rows) > 5 else "auto",
    )
