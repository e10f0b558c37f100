"""Links from one screen to another: a screen is named by its address, a customer by one of its installs."""

import importlib
from collections.abc import Mapping
from typing import Literal

import streamlit as st
from streamlit.navigation.page import Page

from pages.parts import format as say
from pages.parts.registry import SCREENS, Screen


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


def link(
    path: str,
    label: str,
    query: Mapping[str, str] | None = None,
    *,
    icon: str = "",
    width: Literal["content", "stretch"] = "content",
) -> None:
    """A link whose words come from data; `icon` is the name of a Material symbol."""
    shown = f":material/{icon}:" if icon else ""
    st.page_link(to(path), label=say.plain(label), icon=shown, query_params=dict(query or {}), width=width)


def customer(name: str, install_id: str, *, icon: str = "", width: Literal["content", "stretch"] = "content") -> None:
    """A customer's name that leads to them."""
    link("customer", name, {"install_id": install_id}, icon=icon, width=width)
