"""Everything about one customer on one page: subscription, usage against limits, telemetry, brand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import Customer
from core.accounts.reads import customer
from core.billing.reads import Subscription, active_subscription
from core.culture.observations import is_person, window_until
from core.licensing.reads import License, Tier, license_by_install, tier_by_id
from core.licensing.status import Status
from core.money import Money
from core.organizations.reads import Organization, OwnBrand, organization_by_id, own_brand
from core.periods import MONTHS, add_months
from core.telemetry.reads import actors, first_and_last_event
from core.usage.meters import METERS
from core.usage.reads import consumption, limits_in_force
from core.usage.records import records_counted
from db.session import ReadSession

_RECORD_DAYS: Final = 30


@dataclass(frozen=True)
class NextDate:
    """The next date that matters, in words and time."""

    label: str
    at: datetime


@dataclass(frozen=True)
class SubscriptionView:
    """A license with its price; `price` is a period's and `mrr` a month's, None without one or `finance:read`."""

    license: License
    tier: Tier
    price: Money | None
    mrr: Money | None
    started_at: datetime | None
    next_date: NextDate | None


@dataclass(frozen=True)
class MeterUse:
    """One meter against its limit; `highest` None is unlimited, `used` None not reported (`reason` says why).

    `busy` is the 90th percentile of whole days, and `share` its part of the limit: what the customer card shows too.
    """

    meter: str
    label: str
    unit: str
    window: str
    used: int | None
    busy: int | None
    highest: int | None
    share: float | None
    reason: str | None


@dataclass(frozen=True)
class UsageView:
    """Usage against the limits in force (none without `usage:read`), and telemetry of 30 days."""

    meters: tuple[MeterUse, ...]
    records_30d: int
    events_30d: int
    daily_30d: tuple[int, ...]


@dataclass(frozen=True)
class TelemetryView:
    """What the install has sent, to the hour, and when it phoned home."""

    events_30d: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    first_verified_at: datetime | None
    last_check_in_at: datetime | None


@dataclass(frozen=True)
class CustomerProfile:
    """One customer by one of its installs."""

    customer: Customer
    organization: Organization
    subscription: SubscriptionView
    usage: UsageView
    telemetry: TelemetryView
    branding: OwnBrand


def profile(
    session: ReadSession, telemetry: ReadSession, actor: Actor, install_id: str, *, now: datetime
) -> CustomerProfile:
    """Return everything about the customer of an install, for vendor staff; NotFound for an unknown install."""
    actor.require_vendor()
    held = license_by_install(session, actor, install_id, now=now)
    known = customer(session, actor, held.organization_id, now=now)
    return CustomerProfile(
        customer=known,
        organization=organization_by_id(session, actor, held.organization_id),
        subscription=_subscription(session, actor, held, now),
        usage=_usage(session, telemetry, actor, held, known, now),
        telemetry=_telemetry(telemetry, held, known, now),
        branding=own_brand(session, actor, held.organization_id),
    )


def next_date(held: License, paying: Subscription | None, now: datetime) -> NextDate | None:
    """Return the next date that matters of a license in force: its end, or else the next billing day."""
    if held.status in {Status.REVOKED, Status.EXPIRED}:
        return None
    if held.expires_at is not None:
        return NextDate("Trial ends" if held.term == "trial" else "License ends", held.expires_at)
    if paying is None:
        return None
    step, periods = MONTHS[paying.billing_period], 1
    # Counted from the first day each time: a subscription begun on the 31st is due on the 31st where there is one.
    while add_months(paying.started_at, step * periods) <= now:
        periods += 1
    return NextDate("Next billing day", add_months(paying.started_at, step * periods))


def _subscription(session: ReadSession, actor: Actor, held: License, now: datetime) -> SubscriptionView:
    paying = active_subscription(session, actor, held.id)
    shown = paying if actor.may(Permission.FINANCE_READ) else None
    return SubscriptionView(
        license=held,
        tier=tier_by_id(session, held.tier_id),
        price=shown.amount.times(shown.quantity) if shown else None,
        mrr=shown.mrr if shown else None,
        started_at=paying.started_at if paying else None,
        next_date=next_date(held, paying, now),
    )


def _usage(
    session: ReadSession, telemetry: ReadSession, actor: Actor, held: License, known: Customer, now: datetime
) -> UsageView:
    if not actor.may(Permission.USAGE_READ):
        return UsageView((), 0, known.events_30d, known.daily_30d)
    window, today = window_until(now), now.date()
    seen = actors(telemetry, held.install_id, window.first_day, window.last_day)["actor"]
    members = len({name for name in seen if is_person(name)})
    limits = limits_in_force(session, held, now)
    used = consumption(telemetry, held.install_id, limits, members=members, now=now)
    records = records_counted(telemetry, held.install_id, today - timedelta(days=_RECORD_DAYS), today)
    meters = tuple(
        MeterUse(
            one.meter,
            one.label,
            METERS[one.meter].unit,
            METERS[one.meter].window,
            one.current,
            one.busy,
            one.highest,
            one.share,
            one.reason,
        )
        for one in used
    )
    return UsageView(meters, records, known.events_30d, known.daily_30d)


def _telemetry(telemetry: ReadSession, held: License, known: Customer, now: datetime) -> TelemetryView:
    span = first_and_last_event(telemetry, held.install_id, until=now)
    return TelemetryView(
        events_30d=known.events_30d,
        first_event_at=span.first if span else None,
        last_event_at=span.last if span else None,
        first_verified_at=held.first_verified_at,
        last_check_in_at=held.last_check_in_at,
    )
