"""Customers: who pays what and how they are, narrowed by chips, each row leading to its customer."""

from dataclasses import asdict

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.reads import count_customers, facets, list_customers
from pages.customers import narrowing, roll
from pages.parts import export, filters, issue_license, live, paging, session
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import load, minute, told

_PAGE = 100


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CUSTOMER_READ)
    with header("Customers", "Who pays what, and how they are."):
        text = filters.search("Search customers")
        away = st.container(width="content")
        issue_license.button(actor)
    with told("customers"):
        _list(actor, text, away)
        live.activity(actor)


def _list(actor: Actor, text: str, away: DeltaGenerator) -> None:
    now = minute()
    counted = load(facets, actor, now=now)
    if counted.total == 0:
        _nobody(actor)
        return
    chosen = narrowing.controls(actor, text, counted)
    with away:
        export.menu(actor, "customers", **{name: value for name, value in asdict(chosen.filters).items() if value})
    totals = load(count_customers, actor, chosen.filters, now=now)
    st.caption(roll.totals_line(totals, counted.total))
    if totals.customers == 0:
        _no_match()
        return
    cursor = paging.cursor("customers", chosen)
    found = load(list_customers, actor, chosen.filters, now=now, sort=chosen.sort, cursor=cursor, limit=_PAGE)
    roll.show(actor, found.customers, now.date())
    paging.controls("customers", found.next_cursor, noun="customers")


def _nobody(actor: Actor) -> None:
    may = actor.may(Permission.LICENSE_CREATE)
    sentence = "A customer appears here with their first license. " + (
        "Issue one, or build the demo world: python manage.py demo build"
        if may
        else "A manager, admin or owner can issue one."
    )
    if empty("customers", "No customers yet", sentence, icon="groups", action="New license" if may else None):
        issue_license.open_dialog(actor)


def _no_match() -> None:
    empty("no-match", "No customer matches", "Take a chip or a word of the search away.", icon="filter_alt_off")
    with st.container(horizontal_alignment="center"):
        filters.clear("Show all customers", "q", "show", "tier", "segment", "archetype")
