"""The rows of an answer as a table: each column as its unit is shown everywhere."""

from collections.abc import Callable
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


def show(reply: Reply) -> None:
    """Draw the rows; the name of a customer opens them."""
    found = reply.found
    if found is None or found.frame.empty:
        return
    row = columns.opened(_OPEN)
    if row is not None and row < len(found.frame) and "install_id" in found.frame:
        filters.go(links.to("customer"), {"install_id": str(found.frame.iloc[row]["install_id"])})
    shown = [one for one in found.columns if one.role != "key"]
    columns.table(
        pd.DataFrame({one.name: _cells(found, one) for one in shown}),
        {one.name: _column(one, first=at == 0, opens="install_id" in found.frame) for at, one in enumerate(shown)},
        key=f"rows-{reply.receipt_id}",
        alt=f"The rows of the answer: {', '.join(one.label for one in shown)}.",
        height="content" if len(found.frame) <= _IN_SIGHT else round((_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _column(one: Column, *, first: bool, opens: bool) -> ColumnConfig:
    if first and one.unit == "text":
        return columns.opener(one.label, key=_OPEN) if opens else columns.name(one.label)
    if one.name in _KINDS:
        return columns.pills(_KINDS[one.name], one.label)
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
    return [None if _missing(cell) else float(cell) for cell in cells]


def _missing(cell: Any) -> bool:
    return cell is None or bool(pd.isna(cell))
