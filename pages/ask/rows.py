"""The rows of an answer as a table: each column as its unit is shown everywhere."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
from streamlit.elements.lib.column_types import ColumnConfig

from core.ask.reply import Reply
from core.ask.values import step
from core.finance.exchange import REPORTING
from core.metrics.answered import Answered, Column
from pages.parts import columns, filters, links, pills
from pages.parts import format as say
from pages.parts.pills import Kind

_OPEN = "ask-open"
_KINDS: dict[str, Kind] = {"status": "status", "tier": "tier", "priority": "priority"}
_IN_SIGHT = 12


def show(reply: Reply, found: Answered | None) -> None:
    """Draw the rows; the name of a customer opens them."""
    if found is None or found.frame.empty:
        return
    found = _side_by_side(found)
    row = columns.opened(_OPEN)
    if row is not None and row < len(found.frame) and "install_id" in found.frame:
        filters.go(links.to("customer"), {"install_id": str(found.frame.iloc[row]["install_id"])})
    shown = _worth_showing(found)
    columns.table(
        pd.DataFrame({one.name: _cells(found, one) for one in shown}),
        {one.name: _column(one, first=at == 0, opens="install_id" in found.frame) for at, one in enumerate(shown)},
        key=f"rows-{reply.receipt_id}",
        alt=f"The rows of the answer: {', '.join(one.label for one in shown)}.",
        height="content" if len(found.frame) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _side_by_side(found: Answered) -> Answered:
    """Lay the series of a trend beside each other: a row a step, a column a series."""
    by = [one for one in found.columns if one.role == "dimension" and one.unit == "text"]
    values = [one for one in found.columns if one.role == "metric"]
    if found.query.intent != "trend" or len(by) != 1 or len(values) != 1:
        return found
    wide = found.frame.pivot_table(index="step", columns=by[0].name, values=values[0].name, aggfunc="first", sort=False)
    names = [str(each) for each in wide.columns]
    frame = wide.set_axis(names, axis=1).reset_index()
    columns_ = (found.columns[0], *(replace(values[0], name=each, label=each) for each in names))
    return replace(found, frame=frame, columns=columns_)


def _worth_showing(found: Answered) -> list[Column]:
    """Leave out what leads elsewhere, and what a filter has made the same in every row."""
    fixed = {one.member for one in found.query.filters if one.member in {"at_risk", "near_limit"} and one.op == "eq"}
    return [one for one in found.columns if one.role != "key" and one.name not in fixed]


def _column(one: Column, *, first: bool, opens: bool) -> ColumnConfig:
    if one.name in _KINDS and one.unit == "text":
        return columns.pills(_KINDS[one.name], one.label)
    if first and one.unit == "text":
        return columns.opener(one.label, key=_OPEN) if opens else columns.name(one.label)
    if one.name == "limit_share":
        return columns.share(one.label)
    made: dict[str, Callable[[], ColumnConfig]] = {
        "text": lambda: columns.text(one.label, width="large" if one.name == "sentence" else None),
        "step": lambda: columns.name(one.label, width=120),
        "day": lambda: columns.day(one.label),
        "money": lambda: columns.money(one.label, REPORTING),
        "share": lambda: columns.rate(one.label),
        "count": lambda: columns.count(one.label),
        "score": lambda: columns.progress(one.label),
    }
    return made.get(one.unit, lambda: columns.number(one.label))()


def _cells(found: Answered, one: Column) -> list[Any]:
    cells = list(found.frame[one.name])
    if one.name in _KINDS and one.unit == "text":
        return pills.cells(_KINDS[one.name], [None if _missing(cell) else str(cell) for cell in cells])
    if one.unit == "money":
        return [None if _missing(cell) else say.major(say.rounded(cell), REPORTING) for cell in cells]
    if one.unit == "step":
        return [step(cell, found.query.grain or "month") for cell in cells]
    if one.unit in {"text", "day"}:
        return [None if _missing(cell) else cell for cell in cells]
    times = 100 if one.unit == "share" and one.name != "limit_share" else 1
    return [None if _missing(cell) else times * float(cell) for cell in cells]


def _missing(cell: Any) -> bool:
    return cell is None or bool(pd.isna(cell))
