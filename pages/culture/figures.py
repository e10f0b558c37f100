"""How culture's numbers stand on a page: value, interval, what it stands on, and which of three layers it is of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.culture.estimate import Abstention, Figure, value_of
from pages.parts import format as say

Layer = Literal["observed", "inferred", "judged"]

LAYERS: Final[Mapping[Layer, tuple[str, str, str, str]]] = {
    "observed": ("gray", "visibility", "Observed", "Counted as it happened. Nothing is estimated."),
    "inferred": (
        "blue",
        "query_stats",
        "Inferred",
        "Estimated from what was observed. The range is the 95% interval, n is how much it stands on; where the "
        "evidence is too thin there is a dash and the reason.",
    ),
    "judged": ("primary", "balance", "Judged", "Decided by published rules with a version, from what stands above."),
}

# Longer values may break; a phone is 30 characters wide beside its labels.
_KEPT_TOGETHER: Final = 22

whole_percent = partial(say.percent, digits=0)


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a card: its label, value in words, what it stands on, and its definition."""

    label: str
    value: str
    stands_on: str
    definition: str


def known(figure: Figure, show: Callable[[Any], str], unit: str = "") -> str:
    """The value with its interval and unit, or a dash."""
    if isinstance(figure, Abstention):
        return say.DASH
    if figure.low is not None and figure.high is not None and figure.low < 0:
        # A dash between signs would be read as one of them.
        return f"{show(figure.value)} ({show(figure.low)} to {show(figure.high)}) {unit}".strip()
    return f"{say.interval(figure.value, figure.low, figure.high, show=show)} {unit}".strip()


def rounded(figure: Figure) -> float | None:
    """A share for a bar, to whole percents: more would say more than the interval does."""
    value = value_of(figure)
    return None if value is None else round(value, 2)


def bounds(figure: Figure) -> str:
    """The interval of a share alone, for the column beside its bar."""
    if isinstance(figure, Abstention) or figure.low is None or figure.high is None:
        return say.DASH
    return f"{whole_percent(figure.low)}–{whole_percent(figure.high)}"


def stands_on(figure: Figure) -> str:
    """The n and method of an estimate, or the reason why there is none."""
    if isinstance(figure, Abstention):
        return figure.reason
    return f"n {say.integer(figure.n)} · {figure.method}"


def line(label: str, figure: Figure, show: Callable[[Any], str], definition: str, *, unit: str = "") -> Line:
    """A figure as a line of a card."""
    return Line(label, known(figure, show, unit), stands_on(figure), definition)


def counted(label: str, value: str, what: str, definition: str) -> Line:
    """Something counted as a line of a card; `what` says of what and over which time."""
    return Line(label, value, what, definition)


def lines(rows: Sequence[Line], *, alt: str) -> None:
    """The numbers of a card under each other."""
    frame = pd.DataFrame(
        {
            "": [say.plain(row.label) for row in rows],
            "Value": [f"**{_together(say.plain(row.value))}**" for row in rows],
            "Stands on": [f":gray[{say.plain(row.stands_on)}]" for row in rows],
        }
    )
    st.table(frame, border="horizontal", hide_index=True, hide_header=True, alt=alt)


def _together(text: str) -> str:
    """The text without places at which a narrow column would break it: a number stays with its interval."""
    return text.replace(" ", "\u00a0").replace("–", "\u2060–\u2060") if len(text) <= _KEPT_TOGETHER else text


def layer(place: DeltaGenerator, which: Layer, key: str, definitions: Mapping[str, str] | Sequence[Line] = ()) -> None:
    """The pill that says of which layer a card is; a click opens what that means and how its numbers are defined."""
    color, icon, word, meaning = LAYERS[which]
    given = definitions if isinstance(definitions, Mapping) else {each.label: each.definition for each in definitions}
    with place.popover(
        f":{color}-badge[:material/{icon}: {word}]", type="tertiary", key=f"layer-{which}-{key}", help="What this means"
    ):
        st.markdown(f"**{word}.** {meaning}")
        for label, sentence in given.items():
            st.markdown(f"**{say.plain(label)}** — {say.plain(sentence)}")
