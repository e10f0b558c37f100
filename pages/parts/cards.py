"""The grammar every page shares: header row, bordered cards and metric tiles of equal height."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from pages.parts import format as say

Direction = Literal["up", "down", "flat"]
TILE_WIDTH = 220


@dataclass(frozen=True, slots=True)
class Change:
    """How a number moved: in words, which way, against what, and whether that is good (None: neither)."""

    words: str
    direction: Direction
    against: str
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """What a number means: its sentence, and where they exist its formula and the policy it follows."""

    sentence: str
    formula: str = ""
    policy: str = ""
    # The page on which the policy's choices are, where they shape the number.
    choices: str | Page = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """Where the rows behind a number are.

    On the page of the number itself `controls` says what its filters are set to, by their keys: the address of a page
    cannot be set beside controls that are bound to it.
    """

    page: str | Page
    label: str = "See the rows"
    query: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of a page; `key` is unique on it. `trend` holds evenly spaced values, oldest first."""

    key: str
    label: str
    value: str
    change: Change | None = None
    trend: Sequence[float] = ()
    definition: Definition | None = None
    drill: Drill | None = None
    note: str = ""


class Card(NamedTuple):
    """A card's two places: its body, and the right end of its title row."""

    body: DeltaGenerator
    right: DeltaGenerator


def difference(
    now: say.Number | None,
    before: say.Number | None,
    *,
    against: str,
    show: Callable[[Any], str],
    growth_is_good: bool | None = True,
) -> Change | None:
    """The change in the number's own unit, said by `show` from its size; None where either side is unknown."""
    if now is None or before is None:
        return None
    step = float(now) - float(before)
    sign = "+" if step > 0 else say.MINUS if step < 0 else ""
    size = now - before if type(now) is type(before) else step  # type: ignore[operator]  # of one type
    return _change(step, f"{sign}{show(abs(size))}", against, growth_is_good)


def growth(
    now: say.Number | None, before: say.Number | None, *, against: str, growth_is_good: bool | None = True
) -> Change | None:
    """The change as a share of before; None where it is unknown or before is zero."""
    if now is None or before is None or not before:
        return None
    share = float(now) / float(before) - 1
    return _change(share, say.percent(share, sign=True), against, growth_is_good)


def _change(step: float, words: str, against: str, growth_is_good: bool | None) -> Change:
    direction: Direction = "flat" if step == 0 else "up" if step > 0 else "down"
    good = None if step == 0 or growth_is_good is None else (step > 0) == growth_is_good
    return Change(words, direction, against, good)


def header(title: str, covers: str = "", *, key: str = "head") -> DeltaGenerator:
    """The title row; answers its right end for a range control and the page's one primary action."""
    row = st.container(
        key=f"page-{key}", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    left = row.container(width="content", gap=None, key=f"pagetitle-{key}")
    left.title(say.plain(title), anchor=False)
    if covers:
        left.caption(say.plain(covers))
    return row.container(
        key=f"pageright-{key}",
        width="content",
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="center",
    )


def card(key: str, title: str = "", note: str = "", *, height: Literal["content", "stretch"] = "stretch") -> Card:
    """A bordered card; in one row of columns cards reach the height of the tallest. A chart brings its own title."""
    body = st.container(key=f"card-{key}", border=True, height=height)
    if not title:
        return Card(body, body)
    row = body.container(
        key=f"cardhead-{key}", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    )
    left = row.container(width="content", gap=None, key=f"cardtitle-{key}")
    left.subheader(say.plain(title), anchor=False)
    if note:
        left.caption(say.plain(note))
    right = row.container(
        width="content",
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="center",
        key=f"cardend-{key}",
    )
    return Card(body, right)


def tiles(row: Sequence[Tile], *, most: int = 4) -> None:
    """Metric tiles side by side, at most `most` in a row, one column on a phone."""
    with st.grid(most, min_column_width=TILE_WIDTH):
        for each in row:
            tile(each)


def tile(each: Tile) -> None:
    """One bordered number with its change, trend, and behind the small button its definition and rows."""
    change = each.change
    with st.container(key=f"tile-{each.key}", height="stretch", gap=None):
        st.metric(
            say.plain(each.label),
            say.plain(each.value),
            delta=say.plain(change.words) if change else None,
            delta_color=_color(change),
            delta_arrow="off" if change is None or change.direction == "flat" else change.direction,
            delta_description=say.plain(change.against if change else each.note) or None,
            border=True,
            height="stretch",
            chart_data=[float(value) for value in each.trend] or None,
            chart_type="area",
        )
        if each.definition is not None or each.drill is not None:
            _behind(each)


def _color(change: Change | None) -> Literal["green", "red", "gray"]:
    if change is None or change.good is None:
        return "gray"
    return "green" if change.good else "red"


def about(key: str, label: str, meaning: Definition) -> None:
    """The small button in the corner of a card made by hand, behind which its number is defined."""
    with st.popover(f"About {say.plain(label)}", icon=":material/info:", type="tertiary", key=f"about-{key}"):
        explain(label, meaning)


def explain(label: str, meaning: Definition) -> None:
    """What a number means, as it stands behind its button."""
    st.markdown(f"**{say.plain(label)}**")
    st.markdown(say.plain(meaning.sentence))
    if meaning.formula:
        st.code(meaning.formula, language=None, wrap_lines=True)
    if meaning.policy:
        st.caption(say.plain(meaning.policy))
    if meaning.choices:
        st.page_link(meaning.choices, label="The metric policy", icon=":material/rule:")


def _behind(each: Tile) -> None:
    with st.popover(f"About {say.plain(each.label)}", icon=":material/info:", type="tertiary", key=f"about-{each.key}"):
        if each.definition is not None:
            explain(each.label, each.definition)
        if each.drill is not None:
            _drill(each.drill)


def _drill(drill: Drill) -> None:
    if drill.controls:
        key = f"drill-{'-'.join(drill.controls.values())}"
        st.button(
            drill.label,
            icon=":material/arrow_forward:",
            type="tertiary",
            key=key,
            on_click=_set,
            args=(dict(drill.controls),),
        )
        return
    st.page_link(drill.page, label=drill.label, icon=":material/arrow_forward:", query_params=drill.query)


def _set(controls: Mapping[str, str]) -> None:
    for key, value in controls.items():
        st.session_state[key] = value
