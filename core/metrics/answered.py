"""What a question of the catalogue is answered with: columns that say what they are, rows, and where they come from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pandas as pd

from core.metrics.metric import Metric, Unit, Value
from core.metrics.query import Query, Span

ColumnUnit = Unit | Literal["text", "day", "step"]


@dataclass(frozen=True)
class Column:
    """One column: `role` is what it is for, `unit` what its values are.

    A `key` column (an organization's or a tier's id) leads to rows and is not shown. A `change` is in the metric's
    unit; `step` is the first day of a time step.
    """

    name: str
    label: str
    unit: ColumnUnit
    role: Literal["dimension", "metric", "before", "change", "part", "key"]


@dataclass(frozen=True)
class Answered:
    """Rows for people: dimension values as labels, money in minor units of REPORTING, what is undefined as None.

    `undefined` says why the one figure of an answer does not exist; `sql` holds the statements that ran, in order.
    """

    query: Query
    columns: tuple[Column, ...]
    frame: pd.DataFrame
    span: Span | None
    as_of: datetime
    definitions: tuple[Metric, ...] = ()
    assumptions: tuple[str, ...] = ()
    sql: tuple[str, ...] = ()
    undefined: str | None = None
    truncated: bool = False


@dataclass(frozen=True)
class Figure:
    """One number of a page: its value, the value before, and a series for a sparkline (None where undefined)."""

    metric: Metric
    value: Value
    before: Value | None
    span: Span
    before_span: Span | None
    trend: tuple[Value, ...] = field(default=())
