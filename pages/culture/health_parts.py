"""How a customer's health is made: every part with what was measured, its points and why some are missing."""

import pandas as pd
import streamlit as st

from core.culture.health import Health
from core.culture.health_rules import RULES, VERSIONS
from pages.parts import columns
from pages.parts import format as say

_MEASURES = {rule.id: rule.measure for rule in RULES}


@st.dialog("How this health is made", position="right", width="large")
def show(health: Health) -> None:
    """Draw the parts, the caps and what each version of the weights changed."""
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
        alt="The parts of the health score with what was measured, points, weight and n.",
        height="content",
    )
    for cap in health.caps:
        st.markdown(f"**Cap at {cap.highest}:** {say.plain(cap.reason)} ({say.decimal(cap.points, digits=2)} points).")
    told = " · ".join(f"{each.version}: {each.change}" for each in VERSIONS)
    st.caption(say.plain(f"Versions of the weights — {told}"))
