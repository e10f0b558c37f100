"""What tests of accounts, billing and finance begin from: books of their own, a customer, a license to pay for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from core.access.actor import Actor
from core.billing.reads import Subscription, price_in_force
from core.billing.writes import start_subscription
from core.config import Settings
from core.databases import Databases, open_databases
from core.ids import digest, new_id, new_install_id
from core.organizations.writes import create_organization
from core.periods import BillingPeriod
from db.models.licensing import license as license_table
from db.session import WriteSession


@contextmanager
def own_databases(settings: Settings) -> Iterator[Databases]:
    """Open a new clone of the migrated template, for tests whose figures cover every customer there is."""
    server, name = os.environ["CALOS_TEST_SERVER"], f"calos_test_books_{new_id().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE calos_test_template')
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    opened = open_databases(settings.model_copy(update={"database_url": url}))
    try:
        yield opened
    finally:
        opened.close()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


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
