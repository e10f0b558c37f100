"""Figures from sums: one group at a time, each metric by its own formula."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from core.metrics.metric import Metric, Sums, Undefined, Value


class _Zeros(dict[str, int | Decimal]):
    """Sums of a group in which nothing happened."""

    def __missing__(self, key: str) -> int:
        return 0


def sums_of(row: Any) -> Sums:
    """Return the measures of a row of facts as exact numbers."""
    return _Zeros({name: _exact(value) for name, value in row.items() if _is_number(value)})


NOTHING: Sums = _Zeros()


def value_of(metric: Metric, facts: pd.DataFrame) -> Value:
    """Return a metric from facts without groups; of no row at all, from sums that are zero."""
    return metric.of(sums_of(facts.iloc[0].to_dict()) if len(facts) else NOTHING)


def by_group(metric: Metric, facts: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[Any, ...], Value]:
    """Return a metric for each group of facts, by the values of `keys`."""
    rows = facts.to_dict("records")
    return {tuple(row[key] for key in keys): metric.of(sums_of(row)) for row in rows}


def number(value: Value | None) -> int | Decimal | None:
    """Return a value as a number, None where it is undefined."""
    return None if value is None or isinstance(value, Undefined) else value


def difference(now: Value | None, before: Value | None) -> int | Decimal | None:
    """Return now − before, None where either is undefined."""
    left, right = number(now), number(before)
    return None if left is None or right is None else left - right


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal | float) or hasattr(value, "item")


def _exact(value: Any) -> int | Decimal:
    if isinstance(value, int | Decimal):
        return value
    plain = value.item() if hasattr(value, "item") else value
    return plain if isinstance(plain, int) else Decimal(str(plain))
