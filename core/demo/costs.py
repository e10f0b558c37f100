"""What serving the demo's customers cost, month by month, from how each of them behaves."""

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from core.demo.build import MONTH
from core.demo.customers import DemoCustomer
from core.finance.entries import CostKind, NewCost
from core.money import Money
from core.periods import Period

# The story of last month: one customer's reports made all computing this much dearer than the month before.
DRIVER: Final = ("Globex", "analytics")
DEARER: Final = 1.38
# Dollars a month: by a thousand calls a day, by an event a day, by a person to support.
_CALLS, _EVENTS, _STORED, _PERSON = 1.25, 0.26, 0.04, 1.9
_SHARED: Final[Mapping[CostKind, float]] = {"compute": 280.0, "storage": 70.0}
_DESK: Final = {"free": 0.0, "basic": 2.5, "pro": 11.0, "enterprise": 56.0}


@dataclass(frozen=True)
class _Cost:
    kind: CostKind
    customer: str | None
    product: str | None
    cents: int


def costs(
    customers: Sequence[DemoCustomer], ids: Mapping[str, UUID], months: Sequence[Period], now: datetime
) -> list[NewCost]:
    """Return the cost entries of some whole months, each booked on its month's last day."""
    made = []
    before: list[_Cost] = []
    for month in months:
        found = [cost for customer in customers for cost in _of_customer(customer, month, now)]
        found += [_Cost(kind, None, None, _cents(dollars, "shared", kind, month)) for kind, dollars in _SHARED.items()]
        if month is months[-1]:
            found = _with_the_story(found, before)
        made += [_entry(cost, ids, month) for cost in found if cost.cents]
        before = found
    return made


def _of_customer(customer: DemoCustomer, month: Period, now: datetime) -> Iterator[_Cost]:
    months = _months_with_us(customer, month, now)
    if months is None:
        return
    # It takes a third of a year until a new customer uses what it will.
    level = min(1.0, (months + 0.3) / 4)
    own = customer.behavior
    compute = level * (own.calls / 1_000 * _CALLS + own.events * _EVENTS)
    products = sorted(own.features, key=lambda each: (-own.features[each], each))[:2]
    weights = sum(own.features[each] for each in products)
    for product in products:
        dollars = compute * own.features[product] / weights
        yield _Cost("compute", customer.name, product, _cents(dollars, customer.name, product, month))
    storage = own.events * _STORED * (1 + months / 12)
    yield _Cost("storage", customer.name, products[0], _cents(storage, customer.name, "storage", month))
    yield _Cost("bandwidth", customer.name, products[0], _cents(compute * 0.14, customer.name, "bandwidth", month))
    support = level * (_DESK[customer.tier] + (own.people * _PERSON if customer.tier != "free" else 0))
    yield _Cost("support", customer.name, None, _cents(support, customer.name, "support", month))


def _months_with_us(customer: DemoCustomer, month: Period, now: datetime) -> float | None:
    """Return for how many months a customer had been with us at a month's end, or None where it was not."""
    for came, left in _stays(customer, now):
        if came < month.end and (left is None or left >= month.start):
            return (month.end - came) / MONTH
    return None


def _stays(customer: DemoCustomer, now: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield from when until when a customer was with us; a trial counts, since it costs as much."""
    trial, day = timedelta(days=14), timedelta(days=1)
    if customer.trial_days_left is not None:
        yield now + customer.trial_days_left * day - trial, None
    elif customer.trial_lost_days_ago is not None:
        yield now - customer.trial_lost_days_ago * day - trial, now - customer.trial_lost_days_ago * day
    elif customer.trial_won_days_ago is not None:
        yield now - customer.trial_won_days_ago * day - trial, None
    else:
        left = None if customer.churned_months_ago is None else now - customer.churned_months_ago * MONTH
        yield now - customer.months * MONTH, left
        if customer.returned is not None:
            yield now - customer.returned[0] * MONTH, None


def _cents(dollars: float, *named: object) -> int:
    dice = random.Random(":".join(str(each) for each in named))  # noqa: S311 - a story, not a secret
    return round(100 * dollars * math.exp(dice.gauss(0, 0.025)))


def _with_the_story(found: list[_Cost], before: list[_Cost]) -> list[_Cost]:
    """Let the driver's part be what makes all computing as dear as the story says."""
    target = round(DEARER * sum(each.cents for each in before if each.kind == "compute"))
    rest = [each for each in found if (each.kind, each.customer, each.product) != ("compute", *DRIVER)]
    cents = target - sum(each.cents for each in rest if each.kind == "compute")
    return [*rest, _Cost("compute", *DRIVER, cents)]


def _entry(cost: _Cost, ids: Mapping[str, UUID], month: Period) -> NewCost:
    day: date = (month.end - timedelta(days=1)).date()
    name = f"{day:%Y-%m} {cost.kind} {cost.customer or 'shared'} {cost.product or ''}"
    whose = None if cost.customer is None else ids[cost.customer]
    return NewCost(day, cost.kind, Money(cost.cents, "USD"), whose, cost.product, external_id=name)
