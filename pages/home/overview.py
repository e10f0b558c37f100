"""Overview: Monday, eight o'clock. How the business stands, what changed, and whom to call."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.changes import changes_this_week
from core.accounts.overview import calls_today, near_limits
from core.accounts.reads import stats
from pages.home import figures, money, news, people_to_call, security_points
from pages.parts import format as say
from pages.parts import issue_license, live, session
from pages.parts.cards import header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CUSTOMER_READ)
    with header("Overview", f"{minute():%A}, {say.day(minute())}: how we stand and what needs you."):
        issue_license.button(actor)
    with told("the overview"):
        _answers(actor)


def _answers(actor: Actor) -> None:
    now = minute()
    if load(stats, actor, now=now).total_customers == 0:
        _nobody(actor)
        return
    tiles(figures.tiles(actor, now))
    news.show(load(changes_this_week, actor, now=now))
    money.show(actor)
    left, right = st.columns([3, 2])
    with left:
        people_to_call.calls(load(calls_today, actor, now=now), now)
        people_to_call.near(load(near_limits, actor, now=now, limit=6))
    with right:
        security_points.show(actor)
        live.activity(actor, most=6)


def _nobody(actor: Actor) -> None:
    may = actor.may(Permission.LICENSE_CREATE)
    what = "Issue a license, and" if may else "Once a license is issued,"
    sentence = f"{what} money, health and activity of your customers appear here."
    if empty("overview", "No customers yet", sentence, icon="rocket_launch", action="New license" if may else None):
        issue_license.open_dialog(actor)
    live.activity(actor)
