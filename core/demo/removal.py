"""Taking the demo world out again: every row of its customers and people, and nothing else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, NullPool, Select, Text, cast, create_engine, delete, select

from core.access import audit
from core.access.actor import system_actor
from core.access.checkpoints import folder_of, retire
from core.accounts.invoicing import SOURCE as PAYMENTS
from core.config import Settings
from core.databases import Databases, owner_urls
from core.demo.coupons import COUPON
from core.demo.money import SOURCE
from core.demo.sellers import PREFIXES
from core.organizations.reads import vendor_id
from db.models import metadata, telemetry_metadata
from db.models.access import person
from db.models.ask import question
from db.models.costs import cash_entry, cash_scenario, cost_alert, cost_entry, cost_rate, cost_rule
from db.models.invoices import billing_profile, invoice, invoice_counter, payment, seller
from db.models.licensing import license as licenses
from db.models.notify import mail
from db.models.organizations import organization
from db.models.prices import coupon, coupon_redemption
from db.models.releases import release, version_week
from db.models.security import audit_verification, security_score_day
from db.session import SYSTEM, psycopg_url

REMOVED = "demo.removed"


def remove(databases: Databases, settings: Settings, *, now: datetime) -> int:
    """Delete the demo's customers with everything of theirs, and its people, and return how many customers went.

    Done as the owner: the app itself may not delete from the ledger or the audit trail. Whole chains go with their
    organizations, so none is broken; the vendor's own chain stays and says that the demo was removed.
    """
    ours: Select[tuple[UUID]] = select(organization.c.id).where(organization.c.demo, organization.c.realm == "customer")
    installs: Select[tuple[object]] = select(licenses.c.install_id).where(licenses.c.organization_id.in_(ours))
    with databases.control.read(SYSTEM) as session:
        install_ids = list(session.execute(installs).scalars())
        customers = list(session.execute(ours).scalars())
    control, telemetry = owner_urls(settings)
    with create_engine(psycopg_url(telemetry), poolclass=NullPool).begin() as connection:
        for table in telemetry_metadata.sorted_tables:
            connection.execute(delete(table).where(table.c.install_id.in_(install_ids)))
    with create_engine(psycopg_url(control), poolclass=NullPool).begin() as connection:
        for table in (cost_entry, cash_entry):
            connection.execute(delete(table).where(table.c.source == SOURCE))
        _watching(connection)
        paid = select(cast(payment.c.id, Text)).where(payment.c.organization_id.in_(ours))
        receipts = (cash_entry.c.source == PAYMENTS) & cash_entry.c.external_id.in_(paid)
        connection.execute(delete(cash_entry).where(receipts))
        for table in reversed(metadata.sorted_tables):
            if "organization_id" in table.c:
                connection.execute(delete(table).where(table.c.organization_id.in_(ours)))
        _sellers(connection)
        asking = select(cast(person.c.id, Text)).where(person.c.demo)
        connection.execute(delete(question).where(question.c.actor_id.in_(asking)))
        # What the demo's people were written to is addressed to the vendor.
        connection.execute(delete(mail).where(mail.c.recipient.in_(select(person.c.email).where(person.c.demo))))
        connection.execute(delete(person).where(person.c.demo))
        for told in (security_score_day, audit_verification, release):
            connection.execute(delete(told).where(told.c.demo))
        # Counts over all installs, which the job counts anew.
        connection.execute(delete(version_week))
        connection.execute(delete(organization).where(organization.c.demo, organization.c.realm == "customer"))
    for organization_id in customers:
        retire(folder_of(settings.home), organization_id)
    with databases.control.write(SYSTEM) as session:
        vendor = vendor_id(session)
        if vendor is not None:
            audit.record(session, system_actor(vendor, "manage.py"), REMOVED, ("demo", "world"), now=now)
    return len(customers)


def _watching(connection: Connection) -> None:
    """Delete what the demo watches; alerts on what else there is, the job finds anew."""
    connection.execute(delete(cost_alert))
    for made in (cost_rule, cost_rate, cash_scenario):
        connection.execute(delete(made).where(made.c.made_by == "Demo"))


def _sellers(connection: Connection) -> None:
    """Take out the demo's legal entities and coupon, unless somebody real is billed by them."""
    taken = select(invoice.c.seller_id).union(
        select(billing_profile.c.seller_id).where(billing_profile.c.seller_id.is_not(None))
    )
    unused = select(seller.c.id).where(seller.c.prefix.in_(PREFIXES), seller.c.id.not_in(taken))
    connection.execute(delete(invoice_counter).where(invoice_counter.c.seller_id.in_(unused)))
    connection.execute(delete(seller).where(seller.c.id.in_(unused)))
    redeemed = select(coupon_redemption.c.coupon_id)
    connection.execute(delete(coupon).where(coupon.c.code == COUPON.code, coupon.c.id.not_in(redeemed)))
