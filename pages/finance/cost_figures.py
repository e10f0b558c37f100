"""The tiles of Costs: margin and costs of the last month that is over, and who costs more than they bring."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from core.access.actor import Actor
from core.finance.economics import TRAILING
from core.finance.exchange import REPORTING
from core.finance.margins import margins
from core.metrics.catalog import metric
from core.metrics.metric import Undefined
from core.money import Money
from core.periods import Period
from pages.parts import format as say
from pages.parts import measures
from pages.parts.cards import Change, Definition, Tile, difference, growth
from pages.parts.load import load


@dataclass(frozen=True)
class Seen:
    """Revenue, cost and margin of some months, the last of which still runs."""

    frame: pd.DataFrame
    months: tuple[Period, ...]
    now: datetime

    @property
    def month(self) -> Period:
        """The last month that is over: what is judged."""
        return self.months[-2]

    @property
    def over(self) -> pd.DataFrame:
        """The months that are over."""
        return self.frame.iloc[:-1]

    @property
    def name(self) -> str:
        """The month in a sentence: October."""
        return f"{self.month.start:%B}"

    @property
    def before(self) -> str:
        """The month before in short: Sep."""
        return f"{self.months[-3].start:%b}"


def tiles(actor: Actor, seen: Seen) -> list[Tile]:
    """The tiles, left to right."""
    return [_margin(seen), _cost(seen), _six_months(seen), _losing(actor, seen)]


def _margin(seen: Seen) -> Tile:
    one, values = metric("gross_margin"), seen.over["margin"]
    now, before = values.iloc[-1], values.iloc[-2]
    change = None
    if now is not None and before is not None:
        moved = difference(now * 100, before * 100, against=f"vs {seen.before}", show=_points)
        change = moved
    return Tile(
        "margin",
        f"{one.label} in {seen.name}",
        say.percent(now),
        change=change,
        trend=[float(each) for each in values if each is not None],
        definition=measures.definition(one),
        note="" if now is not None else f"no cost or no revenue is booked in {seen.name}",
    )


def _points(value: Any) -> str:
    return f"{say.decimal(value)}\u00a0pp"


def _cost(seen: Seen) -> Tile:
    one, values = metric("costs"), seen.over["cost"]
    change: Change | None = growth(
        int(values.iloc[-1]), int(values.iloc[-2]), against=f"vs {seen.before}", growth_is_good=False
    )
    return Tile(
        "costs",
        f"{one.label} in {seen.name}",
        say.money(int(values.iloc[-1]), REPORTING, whole=True),
        change=change,
        trend=[float(each) for each in values],
        definition=measures.definition(one),
    )


def _six_months(seen: Seen) -> Tile:
    one, half = metric("gross_margin"), seen.over.tail(TRAILING)
    found = one.of({"revenue": int(half["mrr"].sum()), "cost": int(half["cost"].sum())})
    return Tile(
        "six",
        one.label,
        measures.shown(found, one.unit),
        definition=measures.definition(one),
        note=found.reason if isinstance(found, Undefined) else "of the last six whole months",
    )


def _losing(actor: Actor, seen: Seen) -> Tile:
    losing = [
        each
        for each in load(margins, actor, seen.month, "customer", as_of=seen.now)
        if each.key and each.left.minor < 0
    ]
    paying = sum(bool(each.mrr) for each in losing)
    lost = Money(sum(-each.left.minor for each in losing), REPORTING)
    return Tile(
        "losing",
        "Unprofitable customers",
        say.integer(len(losing)),
        definition=Definition(
            "Customers who cost more than they paid in the last month that is over.",
            "MRR at the month's end − cost to serve < 0",
            "Those on the free tier and on trials are among them: what they cost is the price of winning customers.",
        ),
        note=f"{say.amount(lost, whole=True)} together, {say.integer(paying)} of them pay",
    )
