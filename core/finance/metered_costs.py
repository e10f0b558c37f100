"""Costs that follow metered usage: what a month's usage costs by the rates in force, previewed, then booked once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from core.access.actor import Actor
from core.finance.booking import MOST, book_costs
from core.finance.cost_rates import CostRate, cost_of, cost_rates
from core.finance.entries import NewCost
from core.money import Money, round_half_up
from core.periods import Period, add_months, month_of, month_start
from core.telemetry.reads import daily_api_calls
from core.usage.consumption import carried
from core.usage.meters import LEVELS
from core.usage.records import usage_by_day
from db.models.costs import cost_entry
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession, WriteSession

SOURCE: Final = "rates"
# Installs report what they used with some delay; later than this counts for nobody's cost any more.
GRACE: Final = timedelta(days=3)
_CALLS: Final = "api_calls_day"
# How far back the last report of a level may lie for it to hold still.
_HOLDS: Final = timedelta(days=31)
# Without a job for so many months, the older ones are a person's to book.
_BACK: Final = 3

Used = Mapping[tuple[str, str], Mapping[date, int]]


@dataclass(frozen=True)
class RatedCost:
    """What a customer's usage of one meter costs in a month by one rate; `booked` where the ledger has it already.

    `units` is the sum of its days, of a level their mean over the month.
    """

    rate: CostRate
    organization_id: UUID
    customer: str
    units: int
    entry: NewCost
    booked: bool


def rated_costs(control: ReadSession, telemetry: ReadSession, actor: Actor, month: Period) -> tuple[RatedCost, ...]:
    """Return what metered usage of a month costs by the rates, the dearest first; needs `finance:read`.

    One entry a rate and customer, rounded once, on the month's last day. Below half a minor unit nothing is booked.
    """
    rates = cost_rates(control, actor)
    holders = _holders(control)
    used = _used(telemetry, {one.meter for one in rates}, list(holders), month)
    booked = _booked(control, month)
    grouped: dict[tuple[str, str | None, str], list[CostRate]] = defaultdict(list)
    for one in rates:
        grouped[one.names].append(one)
    found = [each for group in grouped.values() for each in _of_group(group, holders, used, month, booked)]
    return tuple(sorted(found, key=lambda each: (-each.entry.amount.minor, each.customer)))


def book_rated(control: WriteSession, telemetry: ReadSession, actor: Actor, month: Period, *, now: datetime) -> int:
    """Book what is not booked yet of a month and return how many entries that were; needs `finance:manage_costs`.

    An entry stands once it is booked: a later report or another rate changes it no more.
    """
    new = [each.entry for each in rated_costs(control, telemetry, actor, month) if not each.booked]
    for start in range(0, len(new), MOST):
        book_costs(control, actor, new[start : start + MOST], now=now, source=SOURCE)
    return len(new)


def book_due(control: WriteSession, telemetry: ReadSession, actor: Actor, *, now: datetime) -> int:
    """Book the months that are over for at least GRACE, back to three, and return how many entries that were."""
    last = month_start(now - GRACE)
    months = [month_of(add_months(last, -back)) for back in range(_BACK, 0, -1)]
    if not cost_rates(control, actor):
        return 0
    return sum(book_rated(control, telemetry, actor, month, now=now) for month in months)


def _of_group(
    rates: Sequence[CostRate],
    holders: Mapping[str, tuple[UUID, str]],
    used: Used,
    month: Period,
    booked: frozenset[str],
) -> Iterable[RatedCost]:
    """Price each customer's usage by the rates of one kind, product and meter."""
    days = (month.end - month.start).days
    meter, by_id = rates[0].meter, {one.id: one for one in rates}
    of: dict[tuple[UUID, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for install_id, whose in holders.items():
        for day, amount in used.get((install_id, meter), {}).items():
            of[whose][day] += amount
    for (organization_id, customer), by_day in of.items():
        units = sum(by_day.values()) // (days if meter in LEVELS else 1)
        for rate_id, exact in cost_of(rates, by_day, days).items():
            one, minor = by_id[rate_id], round_half_up(exact)
            if minor:
                name = f"{month.start:%Y-%m} {rate_id} {organization_id}"
                last = (month.end - timedelta(days=1)).date()
                note = f"{units:,} of {meter} by rate"
                money = Money(minor, one.currency)
                entry = NewCost(last, one.kind, money, organization_id, one.product_id, note, name)
                yield RatedCost(one, organization_id, customer, units, entry, name in booked)


def _holders(session: ReadSession) -> dict[str, tuple[UUID, str]]:
    """Return the customer of each install."""
    statement = (
        select(licenses.c.install_id, organization.c.id, organization.c.name)
        .join(organization, organization.c.id == licenses.c.organization_id)
        .where(organization.c.realm == "customer")
    )
    return {row.install_id: (row.id, row.name) for row in session.execute(statement)}


def _used(session: ReadSession, meters: set[str], installs: Sequence[str], month: Period) -> Used:
    """Return what each day of the month had, by install and meter."""
    first, last = month.start.date(), (month.end - timedelta(days=1)).date()
    found: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for meter in sorted(meters):
        since = first - _HOLDS if meter in LEVELS else first
        for (install_id, day), amount in usage_by_day(session, installs, meter, since, last).items():
            found[install_id, meter][day] = amount
    for key in [key for key in found if key[1] in LEVELS]:
        found[key] = _held(found[key], first, last)
    if _CALLS in meters:
        for install_id in installs:
            # Calls are believed as an install reports them, else the events of type api_call are counted.
            if (install_id, _CALLS) not in found:
                counted = daily_api_calls(session, install_id, first, last)
                days = zip(counted["day"].tolist(), counted["api_calls"].tolist(), strict=True)
                found[install_id, _CALLS] = {day: int(calls) for day, calls in days}
    return found


def _held(reports: dict[date, int], first: date, last: date) -> dict[date, int]:
    """Return a level for every day of the month since its first report."""
    begins = min(reports)
    levels = carried(reports, begins, last)
    days = (begins + timedelta(days=step) for step in range(len(levels)))
    return {day: amount for day, amount in zip(days, levels, strict=True) if day >= first}


def _booked(session: ReadSession, month: Period) -> frozenset[str]:
    c = cost_entry.c
    days = c.booked_on.between(month.start.date(), (month.end - timedelta(days=1)).date())
    return frozenset(session.execute(select(c.external_id).where(c.source == SOURCE, days)).scalars())
