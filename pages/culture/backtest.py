"""Health, tested: whether the score has told beforehand who would leave, and whom to keep first."""

from datetime import datetime

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture import snapshots
from core.culture.backtest import Backtest
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
        _pair(actor, found[0].outcome, now)
        backtest_trials.every(found)
        if found[0].outcome.bands:
            backtest_trials.method()


def _pair(actor: Actor, found: Backtest, now: datetime) -> None:
    """Draw the forecast, or how it will be made, beside whom to keep first."""
    places = st.columns(2 if actor.may(Permission.FINANCE_READ) else 1)
    with places[0]:
        if found.bands:
            backtest_trials.bands(found)
        else:
            backtest_trials.method()
    for place in places[1:]:
        with place:
            quadrant.show(actor, now)
