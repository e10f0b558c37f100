"""Column kinds that every table shares, and the table itself."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import pandas as pd
import streamlit as st
from babel import numbers
from pandas.io.formats.style import Styler
from streamlit.elements.lib.column_types import ColumnConfig

from pages.parts import format as say
from pages.parts.load import looked_at
from pages.parts.pills import Kind, options
from pages.parts.theme import light, translucent

ROW_HEIGHT = 38


def name(label: str, *, width: int = 170) -> ColumnConfig:
    """The first column: pinned, so that it stays while the rest scrolls."""
    return st.column_config.TextColumn(label, pinned=True, width=width)


def opener(label: str, *, key: str, width: int = 170) -> ColumnConfig:
    """A pinned first column whose cells open their row: `opened(key)` answers the position in the run of the click."""
    return cast(
        ColumnConfig,
        st.column_config.ButtonColumn(label, key=key, type="tertiary", pinned=True, alignment="left", width=width),
    )


def button(label: str, *, key: str, width: int = 120) -> ColumnConfig:
    """A last column whose cells lead on from their row: `opened(key)` answers which, as for `opener`."""
    return cast(ColumnConfig, st.column_config.ButtonColumn(label, key=key, type="tertiary", width=width))


def opened(key: str) -> int | None:
    """The position of the row just opened, else None."""
    click = st.session_state.get(key)
    return None if click is None else int(click["row"])


def opened_of(key: str, ids: Sequence[str], *, table: str) -> int | None:
    """Where the row just opened stands among `ids` now: the click meant the rows as `lasting` drew them in `table`."""
    row, drawn = opened(key), st.session_state.get(f"{table}-drawn", ids)
    if row is None or row >= len(drawn) or drawn[row] not in ids:
        return None
    return ids.index(drawn[row])


def text(label: str, *, width: int | Literal["small", "medium", "large"] | None = None, help: str = "") -> ColumnConfig:
    """Plain words."""
    return st.column_config.TextColumn(label, width=width, help=help or None)


def pills(kind: Kind, label: str, *, width: int = 100) -> ColumnConfig:
    """Pills; the column's cells come from `pills.cells`."""
    known = options(kind)
    return st.column_config.MultiselectColumn(label, options=list(known), color=list(known.values()), width=width)


def progress(label: str, *, most: float = 100, help: str = "") -> ColumnConfig:
    """A score as a bar: green above the middle, red below."""
    return st.column_config.ProgressColumn(
        label, min_value=0, max_value=most, format="%d", color="auto", width=125, help=help or None
    )


def share(label: str, *, help: str = "") -> ColumnConfig:
    """A share of one as a bar with its percentage, in the accent: how much is used up is not yet good or bad."""
    return st.column_config.ProgressColumn(
        label, min_value=0, max_value=1, format="percent", color="primary", width=125, help=help or None
    )


def percent(label: str, *, width: int = 90, help: str = "") -> ColumnConfig:
    """A share of one as its percentage; the cells may be shaded by `shaded`."""
    return st.column_config.NumberColumn(label, format="percent", width=width, help=help or None)


def trend(label: str, *, help: str = "") -> ColumnConfig:
    """A sparkline; each cell a list of evenly spaced values from zero."""
    return st.column_config.AreaChartColumn(label, y_min=0, width=110, color="primary", help=help or None)


def money(label: str, currency: str, *, whole: bool = True, help: str = "") -> ColumnConfig:
    """Amounts that sort as numbers; cells come from `format.major`."""
    symbol = numbers.get_currency_symbol(currency, locale=say.LOCALE).replace("%", "%%")
    digits = 0 if whole else numbers.get_currency_precision(currency)
    return st.column_config.NumberColumn(label, format=f"{symbol}%,.{digits}f", help=help or None)


def change(label: str, currency: str, *, whole: bool = True, help: str = "") -> ColumnConfig:
    """Amounts that came or went, with the minus before the number; cells come from `format.major`."""
    symbol = numbers.get_currency_symbol(currency, locale=say.LOCALE)
    digits = 0 if whole else numbers.get_currency_precision(currency)
    return st.column_config.NumberColumn(f"{label}, {symbol}", format=f"%,.{digits}f", help=help or None)


def count(label: str, *, help: str = "") -> ColumnConfig:
    """Whole numbers with thousands separated."""
    return st.column_config.NumberColumn(label, format="localized", help=help or None)


def number(label: str, *, digits: int = 1, help: str = "") -> ColumnConfig:
    """Measured values with as many digits after the point."""
    return st.column_config.NumberColumn(label, format=f"%.{digits}f", help=help or None)


def rate(label: str, *, help: str = "") -> ColumnConfig:
    """A rate in percent; cells are hundredths: 4.2 is 4.2%."""
    return st.column_config.NumberColumn(label, format="%.1f%%", help=help or None)


def when(label: str) -> ColumnConfig:
    """How long ago (or until); the exact moment in the reader's zone shows on hover."""
    # The distance is counted by the reader's clock; books that are looked at as of a past day say the day instead.
    return st.column_config.DatetimeColumn(label, format="MMM D, YYYY" if looked_at() else "distance", width=130)


def moment(label: str, *, width: int = 150) -> ColumnConfig:
    """A point in time to the second, in the reader's zone."""
    return st.column_config.DatetimeColumn(label, format="MMM D, YYYY, HH:mm:ss", width=width)


def day(label: str) -> ColumnConfig:
    """A calendar day."""
    return st.column_config.DateColumn(label, format="MMM D, YYYY", width=120)


def shaded(frame: pd.DataFrame, names: Sequence[str], *, warn: float = 0.8) -> Styler:
    """The frame with the cells of `names`, shares of one, shaded by how much they are: past `warn`, and past all."""
    return frame.style.map(lambda share: _shade(share, warn), subset=list(names))


def _shade(share: float, warn: float) -> str:
    # One set of translucent colors stands on light and on dark paper: a table knows no theme of its own.
    palette = light()
    if pd.isna(share):
        return ""
    if share > 1:
        return f"background-color: {translucent(palette.bad, 0.42)}"
    if share >= warn:
        return f"background-color: {translucent(palette.warning, 0.38)}"
    return f"background-color: {translucent(palette.accent, 0.03 + 0.25 * max(0.0, share))}"


def table(
    frame: pd.DataFrame | Styler,
    columns: Mapping[str, ColumnConfig | str | None],
    *,
    key: str,
    alt: str,
    select: Literal["none", "one", "many"] = "none",
    first: Sequence[int] = (),
    height: int | Literal["auto", "content", "stretch"] = "auto",
) -> list[int]:
    """The rows with the given columns in their order; answers the positions of the selected rows.

    `alt` is a plain sentence that names the table for who can't see it; `first` are the rows selected to begin with.
    """
    common: dict[str, Any] = {
        "hide_index": True,
        "column_order": list(columns),
        "column_config": dict(columns),
        "key": key,
        "alt": alt,
        "row_height": ROW_HEIGHT,
        "height": height,
        "placeholder": say.DASH,
    }
    if select == "none":
        st.dataframe(frame, **common)
        return []
    mode: Literal["single-row", "multi-row"] = "single-row" if select == "one" else "multi-row"
    if first:
        common["selection_default"] = {"selection": {"rows": list(first), "columns": [], "cells": []}}
    event = st.dataframe(frame, **common, on_select="rerun", selection_mode=mode)
    return list(event.selection.rows)


def lasting(
    ids: Sequence[str], frame: pd.DataFrame, columns: Mapping[str, ColumnConfig | str | None], *, key: str, **more: Any
) -> list[int]:
    """`table` for rows that come, go and change places between two runs: ticks stay with the row that has the id."""
    kept = _ticked(key)
    first = [place for place, each in enumerate(ids) if each in kept]
    picked = [place for place in table(frame, columns, key=key_of(ids, key), first=first, **more) if place < len(ids)]
    st.session_state[f"{key}-ticked"] = {ids[place] for place in picked}
    st.session_state[f"{key}-drawn"] = list(ids)
    return picked


def _ticked(key: str) -> set[str]:
    """The ids ticked until now, by the rows as they were drawn: the last tick may have come with other rows."""
    drawn: list[str] = st.session_state.get(f"{key}-drawn", [])
    state = st.session_state.get(key_of(drawn, key))
    if state is None:
        return set(st.session_state.get(f"{key}-ticked", ()))
    return {drawn[row] for row in state["selection"]["rows"] if row < len(drawn)}


def key_of(ids: Sequence[str], key: str) -> str:
    """The table's own key: a tick is kept by its place, so other rows are another table."""
    return f"{key}-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}"
