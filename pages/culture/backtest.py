"""Health, tested: whether the score has told beforehand who would leave, and whom to keep first."""

import streamlit as st

from core.access.permissions import Permission
from core.culture import snapshots
from pages.culture import backtest_trials, quadrant
from pages.parts import session
from pages.parts.cards import header
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CULTURE_READ)
    header("Health, tested", "Scores of past days held against who left within the 90 days after them.")
    with told("the test of health"):
        now = minute()
        found = load(snapshots.trials, actor, now=now)
        backtest_trials.answer(found[0])
        backtest_trials.figures(found[0].outcome)
        left, right = st.columns(2)
        with left:
            backtest_trials.bands(found[0].outcome)
        with right:
            if actor.may(Permission.FINANCE_READ):
                quadrant.show(actor, now)
            else:
                backtest_trials.method()
        backtest_trials.every(found)
        if actor.may(Permission.FINANCE_READ):
            backtest_trials.method()
