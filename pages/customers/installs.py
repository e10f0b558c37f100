"""Installs: which version runs where, how far behind, and who is silent; and how the last releases are taken up."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing.in_the_field import InTheField, in_the_field
from core.telemetry.adoption import adoption, by_release
from pages.customers import installs_figures, installs_list, release_dialog
from pages.parts import charts, export, filters, session
from pages.parts.cards import card, header, tiles
from pages.parts.empty import empty
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.CUSTOMER_READ)
    with told("installs"):
        place = header("Installs", "Which version runs where, how far behind it is, and who is silent.")
        with place:
            text = filters.search("Search installs", width=240)
            release_dialog.button(actor)
        found = load(in_the_field, actor, now=minute())
        if not found.installs:
            empty(
                "installs",
                "Nothing is installed yet",
                "As soon as an installation verifies its license, it shows here with its version. Issue a license on "
                "the Customers page and give its id and secret to whoever installs.",
                icon="dns",
            )
            return
        if not text:
            tiles(installs_figures.tiles(found))
            _releases(actor, found)
        need = installs_list.show(actor, found, text)
        with place:
            export.menu(actor, "installs", text=text or None, need=need)


def _releases(actor: Actor, found: InTheField) -> None:
    left, right = st.columns([3, 2])
    told_by_week = by_release(load(adoption, actor, now=minute()), found.releases, now=found.now)
    with left, card("adoption").body:
        charts.show(installs_figures.chart(told_by_week), "adoption")
    with right:
        place = card("releases", "Releases", "the newest first, with who runs them")
        with place.body:
            installs_figures.releases(found)
