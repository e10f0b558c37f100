"""What is left after the cost to serve, by month, customer, product and tier, and what made costs move."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

import pandas as pd

from core.access.actor import Actor
from core.finance import rates
from core.finance.costs import cost_facts
from core.finance.exchange import REPORTING
from core.finance.ledger import ledger_facts
from core.money import Money
from core.periods import Period, add_months
from db.session import ReadSession

# A change of less than this share of all costs is noise, not news.
NOISE: Final = Decimal("0.05")
NOBODY: Final = "Shared by all"


@dataclass(frozen=True)
class Margin:
    """What one customer, product or tier brought and cost in a month; `before` is the cost of the month before.

    `margin` is None without revenue. `key` is the id (a customer's as text); costs that are nobody's have none. `tier`
    is the one that a customer's costs were booked for.
    """

    key: str | None
    name: str
    mrr: Money
    cost: Money
    before: Money
    margin: Decimal | None
    tier: str | None = None

    @property
    def left(self) -> Money:
        """Revenue less cost; below zero where serving costs more than it brings."""
        return self.mrr - self.cost


@dataclass(frozen=True)
class Driver:
    """The kind of cost that moved most, and the customer and product behind most of it.

    `share` is their part of the kind's change; customer and product are None for costs that are nobody's.
    """

    kind: str
    kind_before: Money
    kind_after: Money
    organization_id: UUID | None
    customer: str | None
    product_id: str | None
    before: Money
    after: Money

    @property
    def growth(self) -> Decimal | None:
        """Of the kind of cost."""
        return rates.growth(self.kind_before.minor, self.kind_after.minor)

    @property
    def share(self) -> Decimal:
        """The part of the kind's change that they explain; above 1 where the rest moved the other way."""
        return Decimal(self.after.minor - self.before.minor) / (self.kind_after.minor - self.kind_before.minor)


def margin_months(session: ReadSession, actor: Actor, months: Sequence[Period], *, as_of: datetime) -> pd.DataFrame:
    """Return revenue, cost and margin of each of some months; needs `finance:read`.

    Columns: month (its first day), mrr and cost (int64), margin (Decimal, or None without revenue or cost).
    """
    ledger = _indexed(ledger_facts(session, actor, months, as_of=as_of), "closing")
    costs = _indexed(cost_facts(session, actor, months, as_of=as_of), "cost")
    starts = [month.start.replace(tzinfo=None) for month in months]
    frame = pd.DataFrame({"month": starts, "mrr": _at(ledger, starts), "cost": _at(costs, starts)})
    shares = [
        rates.gross_margin(int(mrr), int(cost)) if cost else None
        for mrr, cost in zip(frame["mrr"], frame["cost"], strict=True)
    ]
    frame["margin"] = pd.Series(shares, dtype=object)
    return frame.astype({"month": "datetime64[us]", "mrr": "int64", "cost": "int64"})


def cost_months(
    session: ReadSession, actor: Actor, months: Sequence[Period], dimension: str, *, as_of: datetime
) -> pd.DataFrame:
    """Return cost by month and one dimension: month, name ("" where nobody's), cost; needs `finance:read`."""
    found = cost_facts(session, actor, months, by=(dimension,), as_of=as_of)
    return found.rename(columns={"period": "month", dimension: "name"})[["month", "name", "cost"]]


def margins(
    session: ReadSession, actor: Actor, month: Period, by: Literal["customer", "product", "tier"], *, as_of: datetime
) -> tuple[Margin, ...]:
    """Return what each brought and cost in a month, what leaves least first; needs `finance:read`."""
    key = "organization_id" if by == "customer" else by
    before = Period(add_months(month.start, -1), month.start)
    ledger = ledger_facts(session, actor, [month], by=(by,), as_of=as_of)
    # A customer has one tier on a day, and costs are booked by the day.
    finely = ("customer", "tier") if by == "customer" else (by,)
    costs = cost_facts(session, actor, [before, month], by=finely, as_of=as_of)
    known: dict[str | None, str | None] = {}
    brought: dict[str | None, int] = {}
    spent: dict[tuple[Any, str | None], int] = defaultdict(int)
    tiers: dict[str | None, str | None] = {}
    for row in ledger.to_dict("records"):
        known[_text(row[key])], brought[_text(row[key])] = _text(row[by]), int(row["closing"])
    for row in costs.to_dict("records"):
        whose = _text(row[key])
        known[whose], tiers[whose] = _text(row[by]), _text(row.get("tier", ""))
        spent[row["period"], whose] += int(row["cost"])
    made = []
    for each, name in known.items():
        mrr, after, then = (
            brought.get(each, 0),
            spent.get((_start(month), each), 0),
            spent.get((_start(before), each), 0),
        )
        if mrr or after:
            share = rates.gross_margin(mrr, after)
            made.append(Margin(each, name or NOBODY, _money(mrr), _money(after), _money(then), share, tiers.get(each)))
    return tuple(sorted(made, key=lambda one: (one.left.minor, one.name)))


def driver(session: ReadSession, actor: Actor, month: Period, *, as_of: datetime) -> Driver | None:
    """Return what moved costs most against the month before, or None where all of it is noise; needs `finance:read`.

    The kind with the largest change, up or down, and within it the customer and product that moved most its way.
    """
    before = Period(add_months(month.start, -1), month.start)
    found = cost_facts(session, actor, [before, month], by=("cost_kind", "customer", "product"), as_of=as_of)
    cells: dict[_Cell, list[int]] = defaultdict(lambda: [0, 0])
    for row in found.to_dict("records"):
        cell = _Cell(row["cost_kind"], _text(row["organization_id"]), _text(row["customer"]), _text(row["product"]))
        cells[cell][int(row["period"] == _start(month))] += int(row["cost"])
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for cell, (then, now) in cells.items():
        kinds[cell.kind] = [kinds[cell.kind][0] + then, kinds[cell.kind][1] + now]
    all_then = sum(then for then, _ in kinds.values())
    if not all_then:
        return None
    kind, (kind_then, kind_now) = max(kinds.items(), key=lambda item: (abs(item[1][1] - item[1][0]), item[0]))
    if abs(kind_now - kind_then) < NOISE * all_then:
        return None
    way = 1 if kind_now > kind_then else -1
    own = {cell: amounts for cell, amounts in cells.items() if cell.kind == kind}
    most, (then, now) = max(own.items(), key=lambda item: (item[1][1] - item[1][0]) * way)
    whose = None if most.organization_id is None else UUID(most.organization_id)
    return Driver(
        *(kind, _money(kind_then), _money(kind_now), whose, most.customer, most.product_id, _money(then), _money(now))
    )


@dataclass(frozen=True)
class _Cell:
    kind: str
    organization_id: str | None
    customer: str | None
    product_id: str | None


def _text(value: Any) -> str | None:
    return str(value) or None


def _indexed(frame: pd.DataFrame, measure: str) -> dict[datetime, int]:
    return dict(zip(frame["period"].dt.to_pydatetime(), frame[measure], strict=True))


def _at(values: dict[datetime, int], starts: Sequence[datetime]) -> list[int]:
    return [int(values.get(start, 0)) for start in starts]


def _start(period: Period) -> pd.Timestamp:
    return pd.Timestamp(period.start.replace(tzinfo=None))


def _money(minor: int) -> Money:
    return Money(minor, REPORTING)
