"""Pages of a long list, walked by cursor; another filter or order begins again at the first."""

from collections.abc import Hashable
from dataclasses import dataclass, field

import streamlit as st


@dataclass
class _Walk:
    """The cursors of the pages walked so far; the last is of the page on show, None is the first page's."""

    of: Hashable
    cursors: list[str | None] = field(default_factory=lambda: [None])


def cursor(key: str, of: Hashable) -> str | None:
    """The cursor of the page to show; `of` is what the list is narrowed to and ordered by."""
    walk: _Walk | None = st.session_state.get(_slot(key))
    if walk is None or walk.of != of:
        walk = _Walk(of)
        st.session_state[_slot(key)] = walk
    return walk.cursors[-1]


def controls(key: str, next_cursor: str | None, *, noun: str) -> None:
    """Earlier and later pages, where there are any."""
    walk: _Walk = st.session_state[_slot(key)]
    number = len(walk.cursors)
    if number == 1 and next_cursor is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"paging-{key}"):
        st.button(
            "Previous",
            icon=":material/chevron_left:",
            disabled=number == 1,
            key=f"{key}-back",
            on_click=_back,
            args=(walk,),
        )
        st.button(
            "Next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=next_cursor is None,
            key=f"{key}-on",
            on_click=walk.cursors.append,
            args=(next_cursor,),
        )
        st.caption(f"Page {number} of {noun}", width="content")


def _back(walk: _Walk) -> None:
    walk.cursors.pop()


def _slot(key: str) -> str:
    return f"{key}-walk"
