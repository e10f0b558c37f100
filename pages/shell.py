"""The script behind every screen: who is looking, which screens they have, and the one they asked for."""

import importlib
import inspect
from collections import defaultdict
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from core.access.actor import Actor
from core.config import settings
from core.organizations.reads import own_brand
from pages.parts import finder, links, theme
from pages.parts import format as say
from pages.parts.cards import header
from pages.parts.load import load, looked_at, told
from pages.parts.registry import SCREENS, Screen, visible_to
from pages.parts.session import require, require_actor
from pages.parts.turns import turn
from pages.portal import own_invoices

ASSETS = Path(__file__).parents[1] / "assets" / "static"


def show() -> None:
    """Run the shell and, within it, the chosen screen."""
    st.set_page_config(page_title="Calos", page_icon=str(ASSETS / "favicon.png"), layout="wide")
    theme.apply()
    st.logo(str(ASSETS / "logo.svg"), size="large")
    with turn(), told():
        _show(require_actor())


def _show(actor: Actor) -> None:
    screens = visible_to(actor)
    if not screens:
        _portal(actor)
        return
    chosen = st.navigation(_sections(screens), expanded=True)
    links.arrive(chosen)
    with st.sidebar:
        finder.button(actor)
        _looked_at()
        _foot(actor)
    chosen.run()


def preload() -> None:
    """Import every screen while the house starts, so that the first visitor does not wait for it."""
    for screen in SCREENS:
        importlib.import_module(screen.module)
    # Streamlit opens the favicon with Pillow, and asks for the stack before its first element, for which Python looks
    # up the file of every module: together a quarter of a second, once.
    importlib.import_module("PIL.Image").preinit()
    # It lays out the SQL of the first answer.
    importlib.import_module("sqlglot")
    inspect.stack()


def _sections(screens: tuple[Screen, ...]) -> dict[str, list[Any]]:
    sections: dict[str, list[Any]] = defaultdict(list)
    for screen in screens:
        sections[screen.section].append(links.page_of(screen))
    # Left out, Streamlit would call them pages that do not exist, and show the first screen at their address.
    sections[screens[0].section] += [_refusal(screen) for screen in SCREENS if screen not in screens]
    return sections


def _refusal(screen: Screen) -> Page:
    """Return what stands at the address of a screen that the person's role may not open: why, and whom to ask."""

    def page() -> None:
        header(screen.title)
        require(screen.permission)

    return st.Page(page, title=screen.title, url_path=screen.path, visibility="hidden")


def _looked_at() -> None:
    """Say it on every screen when the books are not looked at as of now."""
    at = looked_at()
    if at is not None:
        st.caption(f":material/history: As of {say.day(at)}, the end of the imported books")


def _foot(actor: Actor) -> None:
    with st.popover(actor.label, icon=":material/account_circle:", width="stretch"):
        st.markdown(f"**{actor.label}**  \nRole: {actor.role}")
        st.link_button("Sign out", "/logout", icon=":material/logout:", width="stretch")


def _portal(actor: Actor) -> None:
    own = load(own_brand, actor, actor.organization_id)
    if own.logo:
        st.html(f'<img src="/api/logos/{own.logo}" alt="" style="height:40px;max-width:220px">')
    st.title("Your portal")
    st.caption(say.plain(own.display_name))
    help_at = own.support_email or settings().support_email
    st.info(
        f"You are signed in as {say.plain(actor.label)}. This console belongs to the vendor; your own usage and "
        f"licenses will be shown here. Until then {say.plain(help_at)} answers questions about them.",
        icon=":material/info:",
    )
    own_invoices.show(actor)
    st.link_button("Sign out", "/logout", icon=":material/logout:")


if __name__ == "__main__":
    show()
