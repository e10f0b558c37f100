"""Movements under a policy as the ledger has them: opening, flows, closing, customers, of any periods and groups."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Final, NamedTuple

import pandas as pd

from core.errors import InvalidInput
from core.finance.exchange import REPORTING, Rates
from core.finance.ledger import MEASURES
from core.finance.policy_movements import History, Moved
from core.finance.tally import COUNTED, FLOWS
from core.money import Money, exact_conversion, round_half_up
from core.periods import INSTANT, Period

DIMENSIONS: Final = ("tier", "country", "segment", "currency", "customer")
_DIGITS: Final = Decimal("1e-12")
Group = tuple[str, ...]
# From minor units of a currency, at the rate of a day.
Worth = Callable[[int, str, date], Decimal]


class _Leg(NamedTuple):
    at: datetime
    who: str
    group: Group
    pool: Group
    wanted: bool
    kind: str
    minor: int
    currency: str
    counts: bool


@dataclass(frozen=True)
class _Book:
    """What stands at the ends of a period: minor units by (customer, group, currency), and by pool."""

    groups: Mapping[tuple[str, Group], Mapping[str, int]]
    pools: Mapping[tuple[str, Group], Mapping[str, int]]


Books = Callable[[datetime], _Book]


def averaged(rates: Rates) -> Rates:
    """Return rates of which each month has one: the average of those that begin in it, else the one before.

    Polar's way, which averages what payments of the month were converted at. To 12 decimals, as every rate is kept.
    """
    found = {}
    for currency, steps in rates.steps.items():
        months: dict[date, list[Decimal]] = defaultdict(list)
        for day, rate in steps:
            months[day.replace(day=1)].append(rate)
        found[currency] = tuple(
            (month, (sum(each, Decimal(0)) / len(each)).quantize(_DIGITS, ROUND_HALF_UP))
            for month, each in sorted(months.items())
        )
    return Rates(found)


def sums_under(
    moved: Iterable[Moved],
    places: Mapping[str, History],
    periods: Sequence[Period],
    rates: Rates,
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return what `ledger_facts` does, of movements under a policy; `customer` is the organization's id.

    InvalidInput by product: shares of a tier are known of the ledger alone.
    """
    asked = where or {}
    for each in (*by, *asked):
        if each not in DIMENSIONS:
            raise InvalidInput(f"Under this metric policy figures are not known by {each}.", field=each)
    legs = [leg for one in moved for leg in _legs(one, places[one.organization_id], tuple(by), asked)]
    legs.sort(key=lambda leg: leg.at)
    rows, worth = [], _worth(rates)
    # One period begins where another ends: each instant is counted up to once.
    book = cache(lambda until: _book(legs, until))
    for period in periods:
        start = min(period.start, as_of + INSTANT)
        until = max(start, min(period.end, as_of + INSTANT))
        for group, sums in sorted(_period(legs, start, until, worth, book, whole=not by).items()):
            if by and not any(sums.values()):
                continue
            rows.append((period.start.replace(tzinfo=None), *group, *(sums[name] for name in MEASURES)))
    columns = ["period", *("organization_id" if each == "customer" else each for each in by), *MEASURES]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"period": "datetime64[us]", **dict.fromkeys(MEASURES, "int64")})


def _legs(one: Moved, place: History, by: Group, where: Mapping[str, Collection[str]]) -> list[_Leg]:
    is_ = {"country": place.country, "segment": place.segment, "currency": one.currency}
    is_ |= {"customer": one.organization_id, "tier": one.tier_id}
    if any(is_[name] not in values for name, values in where.items() if name != "tier"):
        return []

    def leg(tier: str, kind: str, minor: int, *, counts: bool = False) -> _Leg:
        here = {**is_, "tier": tier}
        pool = tuple(here[name] for name in by if name != "tier")
        wanted = "tier" not in where or tier in where["tier"]
        group = tuple(here[name] for name in by)
        return _Leg(one.at, one.organization_id, group, pool, wanted, kind, minor, one.currency, counts)

    change = [leg(one.tier_id, one.kind, one.minor, counts=True)] if one.minor else []
    if one.from_tier_id is None:
        return change
    out, into = leg(one.from_tier_id, "transfer", -one.moved_minor), leg(one.tier_id, "transfer", one.moved_minor)
    return [out, into, *change]


def _period(
    legs: Sequence[_Leg], start: datetime, end: datetime, worth: Worth, book: Books, *, whole: bool
) -> dict[Group, dict[str, int]]:
    found: dict[Group, dict[str, int]] = {}
    flows: dict[Group, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    # Without groups there is the one of all, though nothing may be in it.
    groups = {leg.group for leg in legs if leg.wanted} or ({()} if whole else set())
    for group in groups:
        found[group] = dict.fromkeys(MEASURES, 0)
    for leg in legs:
        if leg.wanted and start <= leg.at < end:
            flows[leg.group][leg.kind] += worth(leg.minor, leg.currency, leg.at.date())
            if leg.counts and leg.kind in COUNTED:
                found[leg.group][COUNTED[leg.kind]] += 1
    opened, closed = book(start), book(end)
    first, last = (start - INSTANT).date(), (end - INSTANT).date()
    exact: dict[Group, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (_, group), held in opened.groups.items():
        exact[group]["opening"] += _sum(held, first, worth)
        found[group]["customers_opening"] += any(minor > 0 for minor in held.values())
    for (_, group), held in closed.groups.items():
        exact[group]["closing"] += _sum(held, last, worth)
        found[group]["customers_closing"] += any(minor > 0 for minor in held.values())
    _keep(opened, closed, exact, first, worth, {leg.group: leg.pool for leg in legs})
    for group, sums in found.items():
        for name in ("opening", "closing", "kept", "kept_capped"):
            sums[name] = round_half_up(exact[group][name])
        for name in FLOWS:
            sums[name] = round_half_up(flows[group][name])
        sums["exchange"] = sums["closing"] - sums["opening"] - sum(sums[name] for name in FLOWS)
    return found


def _keep(
    opened: _Book,
    closed: _Book,
    exact: dict[Group, dict[str, Decimal]],
    day: date,
    worth: Worth,
    pools: Mapping[Group, Group],
) -> None:
    """Add what the opening customers still pay, followed to whichever tier they moved to, and that capped."""
    for (who, group), held in opened.groups.items():
        part = _sum(held, day, worth)
        if not part:
            continue
        pool = (who, pools[group])
        before, after = (_sum(book.pools.get(pool, {}), day, worth) for book in (opened, closed))
        still = part * after / before if before else Decimal(0)
        exact[group]["kept"] += still
        exact[group]["kept_capped"] += min(still, part)


def _book(legs: Sequence[_Leg], until: datetime) -> _Book:
    groups: dict[tuple[str, Group], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    pools: dict[tuple[str, Group], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for leg in legs:
        if leg.at >= until:
            break
        pools[leg.who, leg.pool][leg.currency] += leg.minor
        if leg.wanted:
            groups[leg.who, leg.group][leg.currency] += leg.minor
    return _Book(groups, pools)


def _sum(held: Mapping[str, int], day: date, worth: Worth) -> Decimal:
    return sum((worth(minor, currency, day) for currency, minor in held.items() if minor), Decimal(0))


def _worth(rates: Rates) -> Worth:
    """Return what gives minor units of the reporting currency, exactly; before a first rate that one stands in."""
    known: dict[tuple[str, date], Decimal] = {}

    def worth(minor: int, currency: str, day: date) -> Decimal:
        factor = known.get((currency, day))
        if factor is None:
            steps = rates.steps.get(currency, ())
            rate = rates.on(currency, max(day, steps[0][0]) if steps else day)
            factor = known[currency, day] = exact_conversion(Money(1, currency), rate, REPORTING)
        return minor * factor

    return worth
