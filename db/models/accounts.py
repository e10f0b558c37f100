"""The customer card: one row a customer with what every list shows, refreshed from marks of change."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Numeric, Table, Uuid

from db.models import metadata
from db.types import Json, instant, minor, organization_id, text

customer_card = Table(
    "customer_card",
    metadata,
    organization_id(primary_key=True),
    text("name"),
    text("country", nullable=True),
    text("segment", nullable=True),
    text("owner_email", nullable=True),
    # The main license and the dates from which its status is computed when it is read: a stored status goes stale.
    Column("license_id", Uuid, nullable=False),
    text("install_id"),
    text("tier_id"),
    text("term"),
    text("billing_period", nullable=True),
    Column("licenses", Integer, nullable=False),
    instant("issued_at"),
    instant("expires_at", nullable=True),
    instant("suspended_at", nullable=True),
    instant("revoked_at", nullable=True),
    instant("last_check_in_at", nullable=True),
    minor("mrr_minor"),
    text("currency"),
    Column("health", Numeric(5, 2), nullable=True),
    Column("health_low", Numeric(5, 2), nullable=True),
    Column("health_high", Numeric(5, 2), nullable=True),
    Column("health_week_ago", Numeric(5, 2), nullable=True),
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
    instant("refreshed_at"),
    # The places in the lists' orders, with what is unknown at the end. Plain columns of simple types, because an
    # expression over a column (lower, coalesce) is not leakproof: under row-level security no index answers it.
    text("by_name"),
    minor("by_mrr"),
    Column("by_health", Integer, nullable=False),
    Column("by_usage", BigInteger, nullable=False),
    instant("by_last_seen"),
    instant("by_renewal"),
    Column("by_limit", Integer, nullable=False),
)
for _order in ("name", "mrr", "health", "usage", "last_seen", "renewal", "limit"):
    Index(f"ix_customer_card_{_order}", customer_card.c[f"by_{_order}"], customer_card.c.organization_id)
Index("ix_customer_card_refreshed_at", customer_card.c.refreshed_at)

# Added, never altered, so that acts which mark the same customers in any order never wait for each other.
card_mark = Table(
    "card_mark",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(index=True),
    instant("marked_at"),
)
