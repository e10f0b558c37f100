"""Rows already read, narrowed and ordered as a query asks; for short lists, whose reads take no conditions."""

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pandas as pd

from core.errors import InvalidInput
from core.finance.exchange import REPORTING
from core.metrics.fields import ENTITIES, Field
from core.metrics.query import Filter, Query
from core.money import exponent
from core.periods import midnight

_COMPARED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def narrowed(frame: pd.DataFrame, query: Query, limit: int) -> pd.DataFrame:
    """Return the rows that meet every filter of the query, in its order, at most `limit`."""
    if frame.empty or query.entity is None:
        return frame
    fields = ENTITIES[query.entity]
    for one in query.filters:
        frame = frame[[_holds(value, one, fields[one.member]) for value in frame[one.member]]]
    if query.order is not None:
        order = query.order
        frame = frame.sort_values(order.member, ascending=not order.descending, na_position="last", kind="stable")
    return frame.head(limit)


def _holds(value: Any, one: Filter, field: Field) -> bool:
    if one.op in {"is_null", "not_null"}:
        return bool(pd.isna(value)) == (one.op == "is_null")
    if pd.isna(value) or not one.values:
        return one.op in {"ne", "not_in"}
    if one.op in _COMPARED:
        return bool(_COMPARED[one.op](value, _bound(one.values[0], field)))
    texts = {text.lower() for text in one.values}
    if one.op == "contains":
        return any(text in str(value).lower() for text in texts)
    return (str(value).lower() in texts) == (one.op in {"eq", "in"})


def _bound(text: str, field: Field) -> Any:
    if field.unit == "day":
        return day_bound(text, field)
    if field.unit == "text":
        return text
    try:
        return Decimal(text).scaleb(exponent(REPORTING) if field.unit == "money" else 0)
    except InvalidOperation:
        raise InvalidInput(f"“{text[:40]}” is not a number, which “{field.label}” needs.", field="filters") from None


def day_bound(text: str, field: Field) -> datetime:
    """Return the instant at which a day of a filter begins."""
    try:
        return midnight(date.fromisoformat(text))
    except ValueError:
        raise InvalidInput(
            f"“{text[:40]}” is not a day such as 2026-03-31, which “{field.label}” needs.", field="filters"
        ) from None
