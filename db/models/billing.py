"""Tables of plans and subscriptions: what a tier costs, as data, and the priced agreement behind a license."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import instant, minor, organization_id, primary_id, text

price = Table(
    "price",
    metadata,
    primary_id(),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    text("billing_period"),
    text("currency"),
    minor("amount_minor"),
    instant("valid_from"),
    UniqueConstraint("tier_id", "billing_period", "currency", "valid_from"),
    CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name="billing_period"),
    CheckConstraint("amount_minor >= 0", name="amount"),
)

subscription = Table(
    "subscription",
    metadata,
    primary_id(),
    organization_id(index=True),
    Column("license_id", Uuid, ForeignKey("license.id"), nullable=False, index=True),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    text("billing_period"),
    text("currency"),
    minor("amount_minor"),
    Column("quantity", Integer, nullable=False, server_default=sql("1")),
    instant("started_at"),
    instant("ended_at", nullable=True),
    CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name="billing_period"),
    CheckConstraint("amount_minor >= 0 AND quantity >= 1", name="amount"),
    CheckConstraint("ended_at >= started_at", name="ended_after_start"),
)
# A license is paid for by one subscription at a time, whoever races to start a second.
Index(
    "uq_subscription_license_active",
    subscription.c.license_id,
    unique=True,
    postgresql_where=subscription.c.ended_at.is_(None),
)
