"""Controls whose state lives in the address: it survives a reload and can be sent as a link.

A control's key is the name of its query parameter, so it is short and unique on its page.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeVar

import streamlit as st
from streamlit.navigation.page import Page

V = TypeVar("V")

RANGES: Final[Mapping[str, timedelta]] = {
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "12m": timedelta(days=365),
}


def span(now: datetime, *, key: str = "range", default: str = "30d") -> tuple[datetime, datetime]:
    """The range control of a page: from when until `now`."""
    picked = one_of("Range", list(RANGES), key=key, default=default)
    return now - RANGES[picked], now


def one_of(
    label: str, options: Sequence[V], *, key: str, default: V | None = None, show: Callable[[Any], str] | None = None
) -> V:
    """Exactly one of two to five options, all in sight."""
    picked = st.segmented_control(
        label,
        options,
        default=options[0] if default is None else default,
        required=True,
        format_func=show,
        key=key,
        label_visibility="collapsed",
        bind="query-params",
    )
    return options[0] if picked is None else picked


def some_of(
    label: str, options: Sequence[V], *, key: str, show: Callable[[Any], str] | None = None, visible: bool = False
) -> list[V]:
    """Any of a few chips; none picked means all."""
    return st.pills(
        label,
        options,
        selection_mode="multi",
        format_func=show,
        key=key,
        label_visibility="visible" if visible else "collapsed",
        bind="query-params",
    )


def at_most_one(
    label: str, options: Sequence[V], *, key: str, show: Callable[[Any], str] | None = None, visible: bool = False
) -> V | None:
    """One of a few chips, or none of them; what is shown is also what the address says."""
    return st.pills(
        label,
        options,
        format_func=show,
        key=key,
        label_visibility="visible" if visible else "collapsed",
        bind="query-params",
        wrap=True,
    )


def order(options: Mapping[str, str], *, key: str = "sort") -> str:
    """The order of a list: `options` are the words on screen by the name of the order, the usual one first."""
    names = list(options)
    picked = st.selectbox(
        "Sort by",
        names,
        format_func=lambda name: options[name],
        key=key,
        label_visibility="collapsed",
        bind="query-params",
        width=190,
    )
    return picked or names[0]


def pick(
    label: str,
    options: Sequence[V],
    *,
    key: str,
    show: Callable[[Any], str] = str,
    placeholder: str = "All",
    visible: bool = False,
    width: int | Literal["stretch"] = "stretch",
) -> V | None:
    """One of many, from a list that can be typed into; None while nothing is picked."""
    picked: V | None = st.selectbox(
        label,
        options,
        index=None,
        format_func=show,
        key=key,
        placeholder=placeholder,
        label_visibility="visible" if visible else "collapsed",
        bind="query-params",
        width=width,
    )
    return picked


def search(label: str, *, key: str = "q", width: int = 200) -> str:
    """Free text, taken as it is typed."""
    typed = st.text_input(
        label,
        key=key,
        type="search",
        placeholder=label,
        label_visibility="collapsed",
        icon=":material/search:",
        live="300ms",
        width=width,
        bind="query-params",
    )
    return (typed or "").strip()


def clear(label: str, *keys: str) -> None:
    """A button that takes the given controls back to where they narrow nothing."""
    st.button(label, icon=":material/filter_alt_off:", key="clear-filters", on_click=_clear, args=keys)


def _clear(*keys: str) -> None:
    for key in keys:
        st.session_state[key] = None


def go(page: str | Page, query: Mapping[str, str] | None = None) -> None:
    """Leave for another page. Streamlit refuses this without query parameters while a bound control is set."""
    st.switch_page(page, query_params=dict(query or {}))
