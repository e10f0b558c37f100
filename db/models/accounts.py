"""The customer card: one row a customer with what every list shows, refreshed from marks of change."""

from sqlalchemy import BigInteger, Column, Index, Integer, Numeric, Table

from db.models import metadata
from db.types import Json, instant, minor, organization_id, text

customer_card = Table(
    "customer_card",
    metadata,
    organization_id(primary_key=True),
    text("name"),
    text("install_id", nullable=True),
    text("tier_id", nullable=True),
    text("status"),
    text("country", nullable=True),
    text("segment", nullable=True),
    text("owner_email", nullable=True),
    minor("mrr_minor"),
    text("currency"),
    Column("health", Numeric(5, 2), nullable=True),
    Column("health_low", Numeric(5, 2), nullable=True),
    Column("health_high", Numeric(5, 2), nullable=True),
    Column("events_30d", BigInteger, nullable=False),
    Column("daily_30d", Json, nullable=False),
    # The highest share of any limit in force: 0.95 is 95 % of it.
    Column("limit_share", Numeric(8, 4), nullable=True),
    text("limit_meter", nullable=True),
    text("archetype", nullable=True),
    text("sentence", nullable=True),
    Column("upsells", Integer, nullable=False),
    text("top_priority", nullable=True),
    instant("last_seen_at", nullable=True),
    instant("expires_at", nullable=True),
    instant("refreshed_at"),
)
Index("ix_customer_card_name", customer_card.c.name)
Index("ix_customer_card_mrr", customer_card.c.mrr_minor.desc(), customer_card.c.organization_id)

card_mark = Table(
    "card_mark",
    metadata,
    organization_id(primary_key=True),
    instant("marked_at"),
)
