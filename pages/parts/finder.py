"""Search everything: customers, licenses and screens in one box, opened from anywhere by Ctrl+K."""

from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts import reads as accounts
from core.accounts.customers import CustomerFilter
from core.licensing.reads import search
from pages.parts import format as say
from pages.parts import links, pills
from pages.parts.load import load, minute
from pages.parts.registry import visible_to

_MOST: Final = 6
_LONGEST: Final = 200

_keys = st.components.v2.component(
    "calos_finder", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"), isolate_styles=False
)


def button(actor: Actor) -> None:
    """The search button of the sidebar."""
    if st.button("Search", icon=":material/search:", key="finder", shortcut="Ctrl+K", width="stretch"):
        _find(actor)


@st.dialog("Search everything", width="medium")
def _find(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """The box, and what it finds that this person may open."""
    typed = st.text_input(
        "Search",
        placeholder="A customer, an install id, a domain, a fingerprint or a screen",
        label_visibility="collapsed",
        icon=":material/search:",
        type="search",
        live="200ms",
        key="finder-text",
    )
    text = (typed or "").strip()[:_LONGEST]
    found = 0
    if text and actor.may(Permission.CUSTOMER_READ):
        found = _customers(actor, text) + _licenses(actor, text)
    if found + _screens(actor, text) == 0:
        st.caption(f"Nothing is called “{say.plain(text)}”. Try part of a name, or a whole install id or fingerprint.")
    else:
        st.caption(":gray[Enter opens the first.]")
    _keys(key="finder-keys", data={"text": text})


def _customers(actor: Actor, text: str) -> int:
    filters = CustomerFilter(text=text)
    page = load(accounts.list_customers, actor, filters, now=minute(), limit=_MOST)
    if page.customers:
        st.caption("Customers")
    for each in page.customers:
        with _row(f"customer-{each.organization_id}"):
            links.customer(each.name, each.install_id, icon="domain")
            st.markdown(f"{pills.inline('tier', each.tier_id)} {pills.inline('status', each.status)}", width="content")
    return len(page.customers)


def _licenses(actor: Actor, text: str) -> int:
    page = load(search, actor, now=minute(), text=text, limit=_MOST)
    if page.items:
        st.caption("Licenses")
    for each in page.items:
        with _row(f"license-{each.id}"):
            links.link("licenses", each.install_id, {"install_id": each.install_id}, icon="key")
            st.caption(say.plain(each.organization_name), width="content")
    return len(page.items)


def _screens(actor: Actor, text: str) -> int:
    wanted = text.casefold()
    found = [
        screen
        for screen in visible_to(actor)
        if not screen.hidden and wanted in f"{screen.title} {screen.section}".casefold()
    ]
    if found:
        st.caption("Screens")
    for screen in found:
        with _row(screen.path):
            links.link(screen.path, screen.title, icon=screen.icon)
    return len(found)


def _row(key: str) -> DeltaGenerator:
    return st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-found-{key}"
    )
