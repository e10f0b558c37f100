"""When use or errors went to another level, and what else happened at that time."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.culture.changes import Changepoint, Changes
from core.culture.profile import Profile
from core.culture.trend import Week
from pages.culture.figures import layer, whole_percent
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import card

_DEFINITIONS = {
    "Change": "A step to another level that lasts: of use by whole weeks, four a side; of errors by days, seven a "
    "side. What a slope or a bend describes better is a trend or a season, and not told here.",
    "Days": "The change began on one of these, at 95%.",
    "Shuffles": "How often weeks or days in a random order break as much: p.",
    "By accident": "How often a day drawn at random would have had a release, a rollout or a license event near it.",
}


def show(found: Profile) -> None:
    """Draw the changes beside the share of failures week by week, or one line where there are none."""
    changes = found.changes
    place = card("changes", "What changed", _covers(changes))
    layer(place.right, "inferred", "changes", _DEFINITIONS)
    with place.body:
        if not changes.points:
            st.caption(_nothing(changes))
            return
        left, right = st.columns([3, 2])
        with left:
            for each in changes.points:
                _point(each)
        with right:
            charts.show(_chart(found.trend.weekly, changes.points), "changes")


def _covers(changes: Changes) -> str:
    return f"of level, in {say.count(changes.weeks, 'whole week')}" if changes.weeks else "of level"


def _nothing(changes: Changes) -> str:
    if changes.unseen is not None:
        return f"Nothing can be looked for yet: it {changes.unseen.reason}."
    return "Neither use nor errors went to another level. What moved is within noise, a slope or a season."


def _point(each: Changepoint) -> None:
    worse = (each.after > each.before) == (each.measure == "errors")
    icon = "trending_up" if each.after > each.before else "trending_down"
    color = "red" if worse else "green"
    with st.container(gap=None, key=f"change-{each.measure}-{each.first_day}"):
        st.markdown(f":{color}[:material/{icon}:] **{say.plain(each.sentence)}**")
        st.caption(say.plain(_stands_on(each)))


def _stands_on(each: Changepoint) -> str:
    effect = each.effect
    spread = f"×{_ratio(effect.value)} ({_ratio(effect.low or 0)} to {_ratio(effect.high or 0)})"
    told = f"{spread} · n {say.integer(effect.n)} · p {say.decimal(each.p, digits=3)}"
    if each.chance is None:
        return f"{told} · nothing known happened then"
    return f"{told} · near something by accident {whole_percent(each.chance)}"


def _ratio(value: float) -> str:
    return say.decimal(value, digits=2 if value < 1 else 1)


def _chart(weekly: Sequence[Week], points: Sequence[Changepoint]) -> charts.Chart:
    """The measure that changed most often, by week, with the days of its changes."""
    measure = max(("errors", "use"), key=lambda name: sum(each.measure == name for each in points))
    marks = [
        charts.Mark(each.first_day, _short(each), each.last_day, "bad" if each.after > each.before else "good")
        for each in sorted(points, key=lambda one: one.first_day)
        if each.measure == measure
    ]
    if measure == "errors":
        rows = [(week.week, week.errors / week.events if week.events else 0.0) for week in weekly]
        title, unit = "Failed, by week", charts.units.percent("of all events")
    else:
        rows = [(week.week, float(week.events)) for week in weekly]
        title, unit = "Events, by week", charts.units.count("events")
        marks = [charts.Mark(mark.at, mark.label, mark.until, "neutral") for mark in marks]
    frame = pd.DataFrame(rows, columns=["week", "value"])
    return charts.marked(charts.line(frame, x="week", y="value", title=title, unit=unit, height=230), marks)


def _short(each: Changepoint) -> str:
    return each.matches[0].label.split(" ")[0] if each.matches and each.matches[0].kind != "license" else ""
