"""Limits: the rules in force by tier, and those agreed with one customer."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.reads import Tier, tiers
from core.usage.reads import overrides
from db.session import ReadSession
from pages.parts import filters, links, session
from pages.parts.cards import card, header
from pages.parts.load import load, minute, told
from pages.usage import rules

_ENDED = "Ended"


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.USAGE_READ)
    with told("limits"):
        with header("Limits", "What each tier allows, and what was agreed with one customer."):
            links.link("usage", "Usage", icon="speed")
            rules.agree_button(actor)
        rules.by_tier(load(_tiers, actor))
        _agreed(actor)


def _agreed(actor: Actor) -> None:
    place = card("agreed", "Agreed with one customer", "These hold in place of the tier's", height="content")
    with place.right:
        ended = filters.at_most_one("Show", [_ENDED], key="show") == _ENDED
    with place.body:
        found = load(overrides, actor, now=minute(), ended=ended)
        if found:
            rules.agreed(actor, found, ended=ended)
            return
        st.caption(
            "No agreed limit has ended yet."
            if ended
            else "None is in force. Open a customer under Usage and agree on a limit; it shows here until it ends."
        )


def _tiers(session: ReadSession, _actor: Actor) -> tuple[Tier, ...]:
    return tiers(session)
