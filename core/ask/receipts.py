"""Receipts: a digest of an answer's rows, so that the same question asked again can be compared to the last figure."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from core.metrics.answered import Column

Row = dict[str, Any]


def digest(columns: Sequence[Column], frame: pd.DataFrame) -> bytes:
    """Return SHA-256 of the rows, whatever order ties came in."""
    lines = sorted(json.dumps([plain(row.get(one.name)) for one in columns]) for row in frame.to_dict("records"))
    return hashlib.sha256("\n".join(lines).encode()).digest()


def plain(value: Any) -> str | int | bool | None:
    """Return a cell as JSON can carry it without losing a digit: decimals as text, days and instants as ISO 8601."""
    if value is None or (not isinstance(value, list | tuple) and bool(pd.isna(value))):
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, datetime | date | pd.Timestamp):
        return value.isoformat()
    if hasattr(value, "item"):
        return plain(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float | Decimal):
        exact = Decimal(str(value))
        return int(exact) if exact == exact.to_integral_value() else format(exact.normalize(), "f")
    return str(value)
