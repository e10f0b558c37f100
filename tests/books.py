"""What tests of billing and finance begin from: a customer, and a license row that a subscription can pay for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from core.access.actor import Actor
from core.billing.reads import Subscription, price_in_force
from core.billing.writes import start_subscription
from core.ids import digest, new_id, new_install_id
from core.organizations.writes import create_organization
from core.periods import BillingPeriod
from db.models.licensing import license as license_table
from db.session import WriteSession


def customer(session: WriteSession, actor: Actor, name: str, now: datetime) -> UUID:
    """Add a customer without a license."""
    return create_organization(session, actor, name, now=now)


def bare_license(session: WriteSession, organization_id: UUID, tier_id: str, now: datetime) -> UUID:
    """Add a paid license without a subscription, and return its id."""
    made = new_id()
    session.execute(
        insert(license_table).values(
            id=made,
            organization_id=organization_id,
            install_id=new_install_id(),
            secret_digest=digest("nobody knows"),
            tier_id=tier_id,
            term="paid",
            billing_period="monthly",
            issued_at=now,
            starts_at=now,
        )
    )
    return made


def subscribe(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    tier_id: str,
    now: datetime,
    *,
    period: BillingPeriod = "monthly",
    currency: str = "USD",
) -> Subscription:
    """Start a subscription at list price for a new license, without its movement."""
    made = bare_license(session, organization_id, tier_id, now)
    amount = price_in_force(session, tier_id, period, currency, now).amount
    return start_subscription(session, actor, organization_id, made, tier_id, period, amount, now=now)
