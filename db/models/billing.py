"""Tables of plans and subscriptions: what a tier costs, as data, and the priced agreement behind a license."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint, Uuid
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
)
