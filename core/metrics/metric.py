"""What a metric is: its name, meaning and unit, who may see it, and how it follows from the sums of its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.access.permissions import Permission

Unit = Literal["money", "share", "count", "ratio", "months", "score", "minutes"]
Kind = Literal["snapshot", "flow", "ratio"]
Default = Literal["now", "this_month", "last_month", "last_6_months", "last_12_months"]
SourceName = Literal[
    "ledger", "economics", "costs", "cash", "customers", "licenses", "usage", "upsells", "tickets", "security"
]


@dataclass(frozen=True)
class Undefined:
    """A figure that does not exist, and why ("nobody left in these months"); shown as —, never as 0 or ∞."""

    reason: str


# Money in minor units of the reporting currency; a share as a fraction (0.05 is 5 %).
Value = int | Decimal | Undefined
Sums = Mapping[str, int | Decimal]


@dataclass(frozen=True)
class Metric:
    """One number of the catalogue.

    `kind`: a snapshot is read at the end of its span, a flow is summed over it, a ratio is made of sums of it.
    `aliases` are the words people say for it, besides its label; `default` is the span of a question that names none.
    `of` gives the value from the sums of its source; `good` says which direction is good news.
    """

    id: str
    label: str
    definition: str
    formula: str
    unit: Unit
    kind: Kind
    source: SourceName
    of: Callable[[Sums], Value]
    permission: Permission
    dimensions: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    default: Default = "this_month"
    good: Literal["up", "down"] | None = "up"
    policy: str = ""
