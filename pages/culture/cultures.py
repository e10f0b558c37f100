"""Cultures: how customers use us as kinds, what each kind is worth, who moved between them, and who resembles whom."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.portfolio import ArchetypeGroup, Moves, archetype_groups, moves
from pages.culture import cultures_features, cultures_groups, cultures_moves, cultures_peers
from pages.parts import format as say
from pages.parts import links, session
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CULTURE_READ)
    header("Cultures", "How customers use us: the kinds there are, what each is worth, and who changes.")
    with told("cultures"):
        now = minute()
        groups = load(archetype_groups, actor, now=now)
        if not groups:
            _nobody()
            return
        moved = load(moves, actor, now=now)
        st.markdown(_answer(groups, moved))
        _rows(actor, groups, moved)


def _rows(actor: Actor, groups: tuple[ArchetypeGroup, ...], moved: Moves) -> None:
    left, right = st.columns([9, 4])
    with left:
        cultures_groups.show(actor, groups)
    with right:
        cultures_moves.show(moved)
    cultures_features.show(actor)
    cultures_peers.show(actor)


def _answer(groups: tuple[ArchetypeGroup, ...], moved: Moves) -> str:
    """The page's answer in one line: the largest kind, and how many changed."""
    total = sum(each.customers for each in groups)
    largest = groups[0]
    share = say.percent(largest.customers / total, digits=0)
    words = f"**{say.plain(largest.label)}** is the commonest kind: {say.integer(largest.customers)} of "
    words += f"{say.count(total, 'customer')} in force ({share}). "
    if moved.known_since is None:
        return words
    number = say.count(len(moved.moves), "customer")
    return f"{words}{number} moved to another kind within 28 days."


def _nobody() -> None:
    empty(
        "cultures",
        "No customer is in force",
        "Issue a license on the Customers page. With its telemetry a customer's kind of use shows here.",
        icon="diversity_2",
    )
    with st.container(horizontal_alignment="center"):
        links.link("customers", "Go to customers", icon="groups")
