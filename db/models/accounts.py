"""The customer card: one row a customer with what every list shows, refreshed from marks of change."""

from sqlalchemy import BigInteger, Column, Index, Integer, Numeric, Table, Uuid, func, literal_column

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
    # The same at today's rate in the reporting currency, so that lists of several currencies can be ordered.
    minor("mrr_reported_minor"),
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
)

# One expression an order of the list, with what is unknown at its end; each has its index, read in one direction.
_c = customer_card.c
BY_NAME = func.lower(_c.name)
BY_MRR = _c.mrr_reported_minor
BY_HEALTH = func.coalesce(_c.health, literal_column("999"))
BY_USAGE = _c.events_30d
BY_LAST_SEEN = func.coalesce(_c.last_seen_at, literal_column("'-infinity'::timestamp with time zone"))
BY_RENEWAL = func.coalesce(_c.expires_at, literal_column("'infinity'::timestamp with time zone"))
BY_LIMIT = func.coalesce(_c.limit_share, literal_column("0"))
Index("ix_customer_card_name", BY_NAME, _c.organization_id)
Index("ix_customer_card_mrr", BY_MRR, _c.organization_id)
Index("ix_customer_card_health", BY_HEALTH, _c.organization_id)
Index("ix_customer_card_usage", BY_USAGE, _c.organization_id)
Index("ix_customer_card_last_seen", BY_LAST_SEEN, _c.organization_id)
Index("ix_customer_card_renewal", BY_RENEWAL, _c.organization_id)
Index("ix_customer_card_limit", BY_LIMIT, _c.organization_id)

Index("ix_customer_card_refreshed_at", _c.refreshed_at)

card_mark = Table(
    "card_mark",
    metadata,
    organization_id(primary_key=True),
    instant("marked_at"),
)
