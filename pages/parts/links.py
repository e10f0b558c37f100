"""Links from one screen to another: a screen is named by its address, a customer by one of its installs."""

import importlib
from collections.abc import Mapping
from typing import Final, Literal

import streamlit as st
from streamlit.navigation.page import Page

from pages.parts import format as say
from pages.parts.registry import SCREENS, Screen

_HERE: Final = "screen-shown"
_SHARED: Final = ("q", "show", "sort", "range", "tier", "segment")


def page_of(screen: Screen) -> Page:
    """The page behind a screen, as navigation and links both need it; the first screen is where people begin."""
    return st.Page(
        importlib.import_module(screen.module).page,
        title=screen.title,
        icon=f":material/{screen.icon}:",
        url_path=screen.path,
        default=screen is SCREENS[0],
        visibility="hidden" if screen.hidden else "visible",
    )


def to(path: str) -> Page:
    """The page at an address: `to("customers")`."""
    return page_of(next(screen for screen in SCREENS if screen.path == path))


def arrive(page: Page) -> None:
    """Note which screen is shown; the shell calls it once a run.

    Screens share the names of their controls (`q`, `show`, `sort`, `range`), and Streamlit would carry what was chosen
    on one along to the next: on arrival only what the address says is kept.
    """
    if st.session_state.get(_HERE, page.url_path) != page.url_path:
        for name in _SHARED:
            if name not in st.query_params:
                st.session_state.pop(name, None)
    st.session_state[_HERE] = page.url_path


def link(
    path: str,
    label: str,
    query: Mapping[str, str] | None = None,
    *,
    icon: str = "",
    width: Literal["content", "stretch"] = "content",
) -> None:
    """A link whose words come from data; `icon` is the name of a Material symbol."""
    page, words, shown, asked = to(path), say.plain(label), f":material/{icon}:", dict(query or {})
    if st.session_state.get(_HERE) != page.url_path:
        st.page_link(page, label=words, icon=shown if icon else "", query_params=asked, width=width)
        return
    # A page link from a screen to itself changes what is shown but not the address, so a reload would undo it.
    key = f"here-{path}-{label}-{'-'.join(asked.values())}"
    if st.button(words, icon=shown if icon else None, type="tertiary", key=key, width=width):
        st.switch_page(page, query_params=asked)


def customer(name: str, install_id: str, *, icon: str = "", width: Literal["content", "stretch"] = "content") -> None:
    """A customer's name that leads to them."""
    link("customer", name, {"install_id": install_id}, icon=icon, width=width)
