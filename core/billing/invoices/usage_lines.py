"""What installs used in a month, as lines of the invoice of the month after: charges by meter, overage of limits."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from core.billing.charges import usage_charge
from core.billing.charges_priced import UsagePrice, charges_of
from core.billing.invoices.due import DueLine
from core.billing.percentage import Percentage
from core.licensing.limits import effective
from core.licensing.reads import tiers
from core.money import exponent
from core.periods import Period, add_months, last_instant, midnight
from core.telemetry.reads import daily_api_calls
from core.usage.meters import METERS
from core.usage.reads import overrides_in_force
from core.usage.records import records_at, usage_by_day
from db.models.billing import subscription
from db.models.licensing import license as licenses
from db.session import ReadSession

# Hours and minutes follow from the calls of a day: what they cost is asked by the day.
BILLABLE: Final = tuple(meter.id for meter in METERS.values() if meter.window in {"day", "month", "now"})
CALLS: Final = "api_calls_day"


@dataclass(frozen=True)
class Held:
    """A license as it was paid for last in a month."""

    organization_id: UUID
    license_id: UUID
    install_id: str
    max_seats: int | None
    tier_id: str
    currency: str
    subscription_id: UUID


def usage_due(
    control: ReadSession, telemetry: ReadSession, organization_ids: Collection[UUID], month: date
) -> dict[UUID, list[DueLine]]:
    """Return the lines of what customers used in the month before `month`, by customer.

    Prices are those at the beginning of that month, limits those at its end. Of a meter by the day, overage is what
    each day had beyond the limit; of a level, the highest that was reported counts.
    """
    first = add_months(midnight(month), -1).date()
    period = Period(midnight(first), midnight(month))
    held = _held(control, organization_ids, period)
    prices = {key: charges_of(control, key[0], period.start, key[1]) for key in {(h.tier_id, h.currency) for h in held}}
    priced = [(one, price) for one in held for price in prices[one.tier_id, one.currency] if price.meter in BILLABLE]
    used = _used(telemetry, priced, first, month - timedelta(days=1))
    limits = _limits(control, {one.license_id: one for one, _ in priced}, month - timedelta(days=1))
    found: dict[UUID, list[DueLine]] = defaultdict(list)
    for one, price in priced:
        days = used.get((one.install_id, price.meter), {})
        units = billable_units(price, days, limits[one.license_id].get(price.meter))
        events = _events(telemetry, one, price, period)
        found[one.organization_id] += _lines(one, price, units, events, first, month - timedelta(days=1))
    return dict(found)


def billable_units(price: UsagePrice, days: Mapping[date, int], limit: int | None) -> Decimal:
    """Return the units to charge of what each day had; `limit` None is UNLIMITED."""
    window = METERS[price.meter].window
    if window == "day":
        return sum((price.billable(Decimal(amount), limit) for amount in days.values()), Decimal(0))
    whole = max(days.values(), default=0) if window == "now" else sum(days.values())
    return price.billable(Decimal(whole), limit)


def _lines(
    one: Held, price: UsagePrice, units: Decimal, events: Sequence[Decimal], first: date, last: date
) -> list[DueLine]:
    assert price.charge is not None  # noqa: S101 - charges_of leaves out what costs nothing
    factor = exponent(one.currency)
    made = [each for each in usage_charge(price.charge, units, events) if each.amount]
    return [
        DueLine(
            "overage" if price.beyond_limit else "usage",
            price.label,
            each.text,
            each.quantity,
            each.unit_price,
            each.amount.scaleb(factor),
            one.currency,
            f"usage:{one.license_id}:{price.meter}:{first}:{place}",
            first=first,
            last=last,
            subscription_id=one.subscription_id,
            license_id=one.license_id,
            meter=price.meter,
        )
        for place, each in enumerate(made)
    ]


def _held(session: ReadSession, organization_ids: Collection[UUID], period: Period) -> list[Held]:
    s = subscription.c
    statement = (
        select(
            s.id, s.organization_id, s.license_id, s.tier_id, s.currency, licenses.c.install_id, licenses.c.max_seats
        )
        .join(licenses, licenses.c.id == s.license_id)
        .where(s.organization_id.in_(organization_ids), s.phase == "active", s.started_at < period.end)
        .where(or_(s.ended_at.is_(None), and_(s.ended_at > period.start, s.ended_at > s.started_at)))
        .order_by(s.license_id, s.started_at)
    )
    last = {row.license_id: row for row in session.execute(statement)}
    return [
        Held(row.organization_id, row.license_id, row.install_id, row.max_seats, row.tier_id, row.currency, row.id)
        for row in last.values()
    ]


def _used(
    session: ReadSession, priced: Sequence[tuple[Held, UsagePrice]], first: date, last: date
) -> dict[tuple[str, str], dict[date, int]]:
    installs: dict[str, set[str]] = defaultdict(set)
    for one, price in priced:
        installs[price.meter].add(one.install_id)
    found: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    for meter, ids in installs.items():
        for (install_id, day), amount in usage_by_day(session, sorted(ids), meter, first, last).items():
            found[install_id, meter][day] = amount
    for install_id in installs.get(CALLS, set()):
        # Calls are believed as an install reports them, else the events of type api_call are counted, never both.
        if (install_id, CALLS) not in found:
            counted = daily_api_calls(session, install_id, first, last)
            days = zip(counted["day"].tolist(), counted["api_calls"].tolist(), strict=True)
            found[install_id, CALLS] = {day: int(calls) for day, calls in days}
    return found


def _limits(session: ReadSession, held: Mapping[UUID, Held], last: date) -> dict[UUID, dict[str, int | None]]:
    by_tier = {tier.id: tier.limits for tier in tiers(session)} if held else {}
    found = {}
    for license_id, one in held.items():
        agreed = {each.meter: each.highest for each in overrides_in_force(session, license_id, last_instant(last))}
        in_force = effective(by_tier[one.tier_id], one.max_seats, agreed)
        found[license_id] = {meter: highest for meter, (highest, _) in in_force.items()}
    return found


def _events(session: ReadSession, one: Held, price: UsagePrice, period: Period) -> tuple[Decimal, ...]:
    if price.beyond_limit or price.charge is None or not isinstance(price.charge.model, Percentage):
        return ()
    records = records_at(session, one.install_id, price.meter, period.start, period.end)
    return tuple(Decimal(amount) for _, amount in records)
