"""How a customer's health and use went: the score day by day under today's weights, and the weeks it follows."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.culture import reads
from core.culture.health_rules import VERSIONS, WEIGHTS_VERSION
from core.culture.profile import Profile
from core.culture.reads import HealthDay
from core.culture.trend import Week
from pages.culture.figures import layer, line, lines
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load
from pages.parts.theme import SCREEN

_TODAY, _THEN = "By today's weights", "As it was shown"


def show(actor: Actor, found: Profile, now: datetime) -> None:
    """Draw the health day by day beside the weeks."""
    left, right = st.columns(2)
    with left:
        _health(actor, found, now)
    with right:
        _weeks(found)


def _health(actor: Actor, found: Profile, now: datetime) -> None:
    place = card("health-days", "How health went")
    meanings = {
        "Band": "What the parts not observed could make of the score.",
        "Weights": "Days before a change of weights are judged anew from their parts, so that the line has one ruler; "
        "what was shown on those days stays beside it.",
    }
    layer(place.right, "judged", "health-days", meanings)
    with place.body:
        days = load(reads.health_history, actor, found.install_id, now=now)
        known = [each for each in days if each.score is not None]
        if len(known) < 2:
            st.caption("A score is kept every day from now on; the line begins with the second.")
            return
        changed = _changed(known)
        charts.show(charts.marked(_line(known, bool(changed)), changed), "health-days")
        for mark in changed:
            st.caption(say.plain(f"{say.day(mark.at)}: {_why(mark.label)}"))


def _changed(days: Sequence[HealthDay]) -> list[charts.Mark]:
    """The days from which other weights were in force than on the day before."""
    return [
        charts.Mark(after.day, f"Weights {after.weights_version}", role="warning")
        for before, after in pairwise(days)
        if before.weights_version != after.weights_version
    ]


def _why(label: str) -> str:
    version = label.rpartition(" ")[2]
    change = next((each.change for each in VERSIONS if each.version == version), "")
    return f"{label} came into force. {change} Days before are judged anew by weights {WEIGHTS_VERSION}."


def _line(days: Sequence[HealthDay], changed: bool) -> charts.Chart:
    rows: list[tuple[Any, ...]] = [(each.day, each.score, each.low, each.high, _TODAY) for each in days]
    rows += [
        (each.day, each.published, None, None, _THEN)
        for each in days
        if each.published is not None and each.weights_version != WEIGHTS_VERSION
    ]
    return charts.line(
        pd.DataFrame(rows, columns=["day", "score", "low", "high", "which"]),
        x="day",
        y="score",
        band=("low", "high"),
        series="which" if changed else None,
        title="Health, 90 days",
        unit=charts.units.number("points of 100", digits=0),
        colors={_TODAY: SCREEN.accent, _THEN: SCREEN.muted},
        height=240,
    )


def _weeks(found: Profile) -> None:
    place = card("weeks", "How use went")
    change = line(
        "Change in four weeks",
        found.trend.change,
        lambda value: say.percent(value, digits=0, sign=True),
        "Theil and Sen's slope of the logarithm of whole weeks' events, as a fraction per four weeks.",
    )
    layer(place.right, "observed", "weeks", {"Events": "Events of whole weeks, the failed ones apart."})
    layer(place.right, "inferred", "weeks", [change])
    with place.body:
        charts.show(_bars(found.trend.weekly), "weeks")
        lines([change], alt="The trend with its interval, or why there is none.")


def _bars(weekly: Sequence[Week]) -> charts.Chart:
    rows = [(week.week, "Fine", week.events - week.errors) for week in weekly]
    rows += [(week.week, "Failed", week.errors) for week in weekly]
    return charts.bar(
        pd.DataFrame(rows, columns=["week", "kind", "events"]),
        label="week",
        value="events",
        series="kind",
        colors={"Fine": SCREEN.accent, "Failed": SCREEN.bad},
        title="Events a week",
        unit=charts.units.count("events"),
        height=240,
    )
