"""Building one demo customer: its history through the product's own writes, each act at its own time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.access.actor import Actor
from core.accounts import writes as accounts
from core.accounts.requests import LicenseRequest
from core.config import DEMO_INSTALL_SECRET, Settings
from core.demo import meters
from core.demo.brands import give_brand
from core.demo.coupons import redeemed
from core.demo.customers import DEMO_INSTALL, DemoCustomer
from core.demo.deliveries import send, send_since
from core.licensing import writes as licensing
from core.licensing.policy import Policy
from core.licensing.reads import license_by_install
from core.organizations.writes import create_organization, write_note
from core.usage.records import record_usage
from db.session import WriteSession

MONTH = timedelta(days=30.4375)
EURO = frozenset({"DE", "FR", "NL", "PT", "FI"})
LEFT_BECAUSE = (
    "Too dear for what they used.",
    "Went to a competitor.",
    "Their budget was cut.",
    "Missed a feature they needed.",
    "Closed that line of business.",
)


@dataclass(frozen=True)
class Built:
    """What telemetry of a customer is addressed to."""

    organization_id: UUID
    install_id: str
    issued_at: datetime


def build_account(
    session: WriteSession, actor: Actor, customer: DemoCustomer, settings: Settings, *, now: datetime
) -> Built:
    """Create the customer with its license, and everything that has happened to both since."""
    founded = now - customer.months * MONTH
    organization_id = create_organization(
        session,
        actor,
        customer.name,
        now=founded,
        country=customer.country,
        segment=customer.segment,
        contact_email=f"it@{customer.name.lower().replace(' & ', '-').replace(' ', '-')}.test",
        owner_email=customer.owner,
        demo=True,
    )
    install_id = _license(session, actor, customer, organization_id, settings, founded, now)
    give_brand(session, actor, organization_id, customer.name, now=founded)
    install_id = _later(session, actor, customer, organization_id, install_id, now)
    if customer.note:
        write_note(session, actor, organization_id, customer.note, now=now - timedelta(days=5))
    issued_at = license_by_install(session, actor, install_id, now=now).issued_at
    return Built(organization_id, install_id, issued_at)


def _license(
    session: WriteSession,
    actor: Actor,
    customer: DemoCustomer,
    organization_id: UUID,
    settings: Settings,
    founded: datetime,
    now: datetime,
) -> str:
    secret = None
    if customer.install_id == DEMO_INSTALL and (settings.demo or settings.demo_install_secret != DEMO_INSTALL_SECRET):
        # The published secret is for the demo world; beside real customers it would let in anybody.
        secret = settings.demo_install_secret
    trial_days, at = 0, founded
    if customer.trial_days_left is not None:
        trial_days, at = 14, now + timedelta(days=customer.trial_days_left - 14)
    elif customer.trial_lost_days_ago is not None:
        trial_days, at = 14, now - timedelta(days=customer.trial_lost_days_ago + 14)
    elif customer.trial_won_days_ago is not None:
        trial_days, at = 14, now - timedelta(days=customer.trial_won_days_ago + 14)
    request = LicenseRequest(
        user_id=str(organization_id),
        tier=customer.tier,
        billing_period=customer.period,
        trial_days=trial_days,
        currency="EUR" if customer.country in EURO else "USD",
        install_id=customer.install_id,
        install_secret=secret,
        expires_at=now + timedelta(days=customer.expires_in_days) if customer.expires_in_days else None,
        policy=Policy(max_seats=customer.seats) if customer.seats else None,
    )
    made = accounts.create_license(session, actor, request, now=at)
    if customer.trial_won_days_ago is not None:
        won = now - timedelta(days=customer.trial_won_days_ago)
        accounts.change_tier(session, actor, made.install_id, customer.tier, customer.period, now=won)
    return made.install_id


def _later(
    session: WriteSession, actor: Actor, customer: DemoCustomer, organization_id: UUID, install_id: str, now: datetime
) -> str:
    """Let happen what has happened since, and return the install id in use today."""
    if customer.coupon is not None:
        redeemed(session, actor, install_id, customer.coupon, now=now - customer.months * MONTH)
    for months, tier, period in customer.changes:
        accounts.change_tier(session, actor, install_id, tier, period, now=now - months * MONTH)
    if customer.suspended_days_ago is not None:
        began, ended = (now - timedelta(days=days) for days in customer.suspended_days_ago)
        licensing.suspend(session, actor, install_id, reason="No check-in for a month; asked them why.", now=began)
        licensing.resume(session, actor, install_id, reason="Their network had blocked us; mended.", now=ended)
    if customer.churned_months_ago is not None:
        left = now - customer.churned_months_ago * MONTH
        accounts.revoke_license(
            session, actor, install_id, reason=LEFT_BECAUSE[sum(customer.name.encode()) % len(LEFT_BECAUSE)], now=left
        )
    if customer.returned is None:
        return install_id
    months, tier = customer.returned
    request = LicenseRequest(user_id=str(organization_id), tier=tier, notes="Came back.")
    return accounts.create_license(session, actor, request, now=now - months * MONTH).install_id


def build_telemetry(session: WriteSession, customer: DemoCustomer, install_id: str, *, now: datetime) -> None:
    """Send the telemetry of all its days as the install would have."""
    if not customer.air_gapped:
        send(session, customer, install_id, now=now, days=customer.telemetry_days)


def build_usage(session: WriteSession, customer: DemoCustomer, install_id: str, *, now: datetime) -> None:
    """Report the usage of all its days."""
    record_usage(session, install_id, meters.records(customer, now, customer.telemetry_days), now=now)


def go_on(
    session: WriteSession, customer: DemoCustomer, install_id: str, *, now: datetime, last: datetime | None
) -> int:
    """Send the telemetry since `last` and the usage of today, and return how many events were new."""
    record_usage(session, install_id, meters.records(customer, now, 1), now=now)
    return send_since(session, customer, install_id, now=now, last=last)
