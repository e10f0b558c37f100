"""Tables of products, plans and subscriptions: what a tier holds and costs, as data, and the priced agreements."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Numeric, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import instant, minor, organization_id, primary_id, text

product = Table(
    "product",
    metadata,
    text("id", primary_key=True),
    text("label"),
    Column("rank", Integer, nullable=False),
)

# What part of a tier's price each product in it stands for, by relative stand-alone price (IFRS 15); adds up to 1.
tier_product = Table(
    "tier_product",
    metadata,
    Column("tier_id", Text, ForeignKey("tier.id"), primary_key=True),
    Column("product_id", Text, ForeignKey("product.id"), primary_key=True),
    Column("share", Numeric(9, 8), nullable=False),
    CheckConstraint("share > 0 AND share <= 1", name="share"),
)

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
    # Imported history has subscriptions that no license of ours stands behind.
    Column("license_id", Uuid, ForeignKey("license.id"), nullable=True, index=True),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    # Sold for one product alone; otherwise for all that the tier holds.
    Column("product_id", Text, ForeignKey("product.id"), nullable=True),
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
Index("ix_subscription_started", subscription.c.started_at.desc(), subscription.c.id.desc())
