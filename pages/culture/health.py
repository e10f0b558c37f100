"""A customer's health: the score with its additive parts, why it moved, how it is made, and its history."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.culture import reads
from core.culture.health import Change, ChangeItem, Component, Health
from core.culture.health_rules import CAPS, RULES
from core.culture.profile import Profile
from core.culture.trend import Week
from pages.culture.figures import layer, line, lines
from pages.parts import charts, columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load
from pages.parts.theme import SCREEN

# Where the bands “Fair” and “Good” begin, as shares of a hundred.
BANDS = (0.5, 0.7)
_CAP_REASONS = {cap.reason for cap in CAPS.values()}
_MEASURES = {rule.id: rule.measure for rule in RULES}


def show(health: Health) -> None:
    """Draw the score as a card."""
    place = card("health", "Health", _covers(health))
    layer(
        place.right,
        "judged",
        "health",
        {
            "Health": f"0 to 100 by published weights, version {health.weights_version}; parts add up exactly. "
            "85 and more is excellent, 70 good, 50 fair, below that at risk.",
            "Range": f"{health.observed_weight} of 100 points of weight are observed. A part that is not counts at its "
            "middle; the range is what those parts could make of the score.",
            "Cap": "A fact such as a failed payment that no good number elsewhere may hide.",
        },
    )
    with place.body:
        if health.score is None:
            st.markdown(f"**{say.DASH}** {say.plain(health.reason or '')}")
        else:
            charts.show(_chart(health), "health")
        for cap in health.caps:
            words = f"{cap.reason}: at most {cap.highest}"
            st.markdown(f":red-badge[:material/vertical_align_top: {say.plain(words)}]")
        _moved(health.change)
        if st.button("All 13 parts", icon=":material/list:", type="tertiary", key="parts"):
            _parts(health)


def _covers(health: Health) -> str:
    spread = f", {say.integer(health.low)} to {say.integer(health.high)} possible"
    return f"{health.band or 'Not known'}{'' if health.low == health.high else spread}"


def _chart(health: Health) -> charts.Chart:
    taken = [(cap.reason, -cap.points) for cap in health.caps if cap.points]
    return charts.score(
        [charts.Part(_label(each), each.points, each.weight) for each in health.components],
        title="Points by component",
        bands=BANDS,
        held=taken[0] if taken else None,
        height=310,
    )


def _label(each: Component) -> str:
    spread = (each.high - each.low) / 2
    return each.label if spread == 0 else f"{each.label} ±{say.compact(spread)}"


def _moved(change: Change | None) -> None:
    if change is None:
        st.caption("Nothing is shown to have moved it since a week ago.")
        return
    since = f"{change.before} → {change.after} since {say.day(change.since, year=False)}"
    st.markdown(f"**Why it moved:** {say.plain(since)}  \n{' '.join(_item(each) for each in change.items)}")


def _item(each: ChangeItem) -> str:
    sign = "+" if each.points > 0 else say.MINUS
    label, color = each.label, "green" if each.points > 0 else "red"
    if each.label in _CAP_REASONS:
        # A cap that takes fewer points is no good news: less was left for it to take.
        label = f"Held back {'less' if each.points > 0 else 'more'}: {each.label}"
        color = "gray" if each.points > 0 else "red"
    return f":{color}-badge[{say.plain(f'{label} {sign}{abs(each.points)}')}]"


@st.dialog("How this health is made", position="right", width="large")
def _parts(health: Health) -> None:
    st.markdown(
        "Each part earns points between published knots, without cliffs. A part that is not observed counts at its "
        "middle and says why. Points of all parts and caps add up to the score."
    )
    columns.table(
        pd.DataFrame(
            {
                "part": [each.label for each in health.parts],
                "shown": [each.shown for each in health.parts],
                "points": [each.points for each in health.parts],
                "weight": [each.weight for each in health.parts],
                "n": [each.n for each in health.parts],
                "measure": [each.missing or _MEASURES[each.id] for each in health.parts],
            }
        ),
        {
            "part": columns.name("Part", width=150),
            "shown": columns.text("Measured", width=220),
            "points": columns.number("Points", digits=2),
            "weight": columns.count("of"),
            "n": columns.count("n", help="How many observations it stands on."),
            "measure": columns.text("What is measured, or why it is not", width="large"),
        },
        key="health-parts",
        alt="The 13 parts of the health score with what was measured, points, weight and n.",
        height="content",
    )
    for cap in health.caps:
        st.markdown(f"**Cap at {cap.highest}:** {say.plain(cap.reason)} ({say.decimal(cap.points, digits=2)} points).")


def history(actor: Actor, found: Profile, now: datetime) -> None:
    """Draw the health day by day beside the weeks it follows."""
    left, right = st.columns(2)
    with left:
        place = card("health-days", "How health went")
        layer(place.right, "judged", "health-days", {"Band": "What the parts not observed could make of the score."})
        with place.body:
            days = load(reads.health_history, actor, found.install_id, now=now)
            frame = pd.DataFrame([(each.day, each.score, each.low, each.high) for each in days if each.score])
            if len(frame) < 2:
                st.caption("A score is kept every day from now on; the line begins with the second.")
            else:
                frame.columns = pd.Index(["day", "score", "low", "high"])
                charts.show(_line(frame), "health-days")
    with right:
        _weeks(found)


def _line(frame: pd.DataFrame) -> charts.Chart:
    return charts.line(
        frame,
        x="day",
        y="score",
        band=("low", "high"),
        title="Health, 90 days",
        unit=charts.units.number("points of 100", digits=0),
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
