"""The first glance at the score: what holds it down, its categories, and the points to gain next."""

from collections.abc import Sequence

import streamlit as st

from core.security import scoring
from core.security.scoring import TARGET, Assessment, OpenPoint
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import card

MOST = 5
# Below half is bad; good is only what reaches the target.
BANDS = (0.5, TARGET / 100)


def gates(found: Assessment) -> None:
    """Say which critical failures hold the score, and what it would be without them."""
    if not found.gates or found.cap is None or found.uncapped is None:
        return
    why = " ".join(gate.sentence for gate in found.gates)
    without = int(found.uncapped)
    held = f"Without that it would be {without}." if without > found.cap else "It holds the score there until mended."
    st.error(say.plain(f"At most {int(found.cap)}: {why} {held}"), icon=":material/gpp_maybe:")


def chart(found: Assessment) -> None:
    """Draw the score with its target, and under it the points of each category."""
    parts = [
        charts.Part(one.category.value, one.points if one.assessed else None, round(one.possible, 1) or 1.0)
        for one in found.categories
    ]
    score, uncapped = found.score or 0.0, found.uncapped or 0.0
    held = ("Held back by a critical failure", uncapped - score) if uncapped > score else None
    assessed = sum(one.assessed for one in found.categories)
    note = f"{assessed} of {len(found.checks)} checks had data; the rest count on neither side"
    with card("score").body:
        charts.show(
            charts.score(parts, title="Security score", bands=BANDS, note=note, held=held, target=TARGET), "score"
        )


def to_gain(found: Assessment) -> None:
    """List what raises the score most, each with its remedy."""
    points = scoring.to_gain(found)
    with card("gain", "Points to gain next", "What ends a critical failure first, then by points.").body:
        if not points:
            st.caption("Every point that can be assessed is won.")
        for one in points[:MOST]:
            badge = "later" if one.beyond else "lifts the cap" if one.gate else ""
            shade = "gray" if one.beyond else "red"
            mark = f" :{shade}-badge[{badge}]" if badge else ""
            with st.container(gap="xxsmall"):
                st.markdown(f":green-badge[+{say.decimal(one.points)}] **{say.plain(one.title)}**{mark}")
                st.caption(say.plain(one.remedy))
        _rest(found, points[MOST:])


def _rest(found: Assessment, rest: Sequence[OpenPoint]) -> None:
    if rest:
        worth = say.decimal(sum(one.points for one in rest))
        st.caption(f"{say.count(len(rest), 'more check')} below, worth {worth} points.")
    reach = scoring.within_reach(found)
    if reach < 100:
        st.caption(
            f"This version of Calos can bring this installation to {say.decimal(reach)}: what it cannot do yet is "
            "counted as lost all the same."
        )
