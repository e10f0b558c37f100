"""Every check by category: what was found, on what evidence, and what to do about it."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from core.security.scoring import Assessment, CategoryResult, CheckResult
from pages.parts import filters, pills
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty

SHOWN: Final = {"Open": ("fail", "partly"), "Passed": ("pass",), "Not assessed": ("not_assessed",)}


def show(found: Assessment) -> None:
    """Draw the checks, narrowed to open, passed or not assessed ones."""
    place = card("checks", "Checks", "Open a category to see what was counted, and when.", height="content")
    with place.right:
        picked = filters.at_most_one("State", list(SHOWN), key="show")
    with place.body:
        anything = False
        for category in found.categories:
            rows = [one for one in found.checks if one.category is category.category]
            shown = [one for one in rows if picked is None or one.state in SHOWN[picked]]
            if shown:
                anything = True
                _category(category, shown, expanded=picked is not None)
        if not anything:
            empty("checks", "No check is in that state", "Choose another state, or none for all.", icon="rule")


def _category(category: CategoryResult, rows: Sequence[CheckResult], *, expanded: bool) -> None:
    open_ones = sum(one.lost > 0 for one in rows)
    points = f"{say.decimal(category.points)} of {say.decimal(category.possible)} points"
    words = [f"**{category.category.value}**", points if category.assessed else "nothing assessed"]
    if open_ones:
        words.append(f":orange[{say.integer(open_ones)} open]")
    with st.expander(" · ".join(words), expanded=expanded, key=f"category-{category.category.name}"):
        for one in rows:
            _check(one)


def _check(one: CheckResult) -> None:
    with st.container(gap="xxsmall", key=f"check-{one.id}"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"{pills.inline('verdict', one.state)} **{say.plain(one.title)}**", width="content")
            st.caption(_points(one), width="content")
        st.markdown(say.plain(one.detail))
        st.caption(f":material/fact_check: {say.plain(one.evidence)}")
        if one.remedy:
            st.caption(f":material/build: {say.plain(one.remedy)}")


def _points(one: CheckResult) -> str:
    weight = f"weight {say.compact(one.weight)}"
    if one.share is None:
        return f"no points either way · {weight}"
    return f"{say.decimal(one.points)} of {say.decimal(one.possible)} points · {weight}"
