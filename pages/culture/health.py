"""A customer's health: the score with its additive parts, what holds it down or still, and why it moved."""

import streamlit as st

from core.culture.health import Change, ChangeItem, Component, Health, Silence
from core.culture.health_rules import CAPS
from pages.culture import health_parts
from pages.culture.figures import layer
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import card

# Where the bands “Fair” and “Good” begin, as shares of a hundred.
BANDS = (0.5, 0.7)
_CAP_REASONS = {cap.reason for cap in CAPS.values()}


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
            "Gray": "No event for more than a day. For up to five days what use earns is held as it was; beyond, "
            "silence counts as silence.",
        },
    )
    with place.body:
        if health.silence is not None:
            _silence(health.silence)
        if health.score is None:
            st.markdown(f"**{say.DASH}** {say.plain(health.reason or '')}")
        else:
            charts.show(_chart(health), "health")
        for cap in health.caps:
            words = f"{cap.reason}: at most {cap.highest}"
            st.markdown(f":red-badge[:material/vertical_align_top: {say.plain(words)}]")
        _moved(health.change)
        if st.button(f"All {len(health.parts)} parts", icon=":material/list:", type="tertiary", key="parts"):
            health_parts.show(health)


def _silence(silence: Silence) -> None:
    icon = "ac_unit" if silence.frozen_on is not None else "bedtime"
    st.markdown(f":gray-badge[:material/{icon}: {say.plain(silence.sentence)}]")


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
        gray=health.silence is not None,
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
