"""The movement ledger, the only source of every MRR figure, and the dated exchange rates it is reported at."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, minor, organization_id, text

movement = Table(
    "movement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), nullable=True),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    # A change of tier takes the MRR it had (moved_minor) from the old tier along, so that MRR by tier adds up too.
    Column("from_tier_id", Text, ForeignKey("tier.id"), nullable=True),
    # The one product it was and is sold for; null where the tier's shares say.
    Column("product_id", Text, ForeignKey("product.id"), nullable=True),
    Column("from_product_id", Text, ForeignKey("product.id"), nullable=True),
    Column("moved_minor", BigInteger, nullable=False, server_default=sql("0")),
    text("kind"),
    instant("effective_at"),
    instant("recorded_at"),
    minor("mrr_change_minor"),
    text("currency"),
    text("reason", nullable=True),
    CheckConstraint("kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation', 'transfer')", name="kind"),
    # A transfer is a change of tier at the same MRR.
    CheckConstraint(
        "CASE WHEN kind IN ('new', 'expansion', 'reactivation') THEN mrr_change_minor > 0 "
        "WHEN kind IN ('contraction', 'churn') THEN mrr_change_minor < 0 ELSE mrr_change_minor = 0 END",
        name="sign",
    ),
    CheckConstraint("(from_tier_id IS NULL) = (moved_minor = 0) AND moved_minor >= 0", name="moved"),
    CheckConstraint("from_product_id IS NULL OR from_tier_id IS NOT NULL", name="moved_product"),
)
Index("ix_movement_organization_effective", movement.c.organization_id, movement.c.effective_at)
Index("ix_movement_effective", movement.c.effective_at)

# Major units of `quote` for one major unit of `base`, from the UTC day `valid_from` until the next row's.
fx_rate = Table(
    "fx_rate",
    metadata,
    text("base", primary_key=True),
    text("quote", primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("rate", Numeric(38, 12), nullable=False),
    text("source"),
    CheckConstraint("rate > 0", name="rate"),
)

# By which choices figures are made, where those are not the standard; the newest version is in force.
metric_policy = Table(
    "metric_policy",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("settings", Json, nullable=False),
    instant("made_at"),
    text("made_by"),
    text("reason"),
    CheckConstraint("version > 1", name="version"),
)

# What a day's movements add up to, a tier, currency and kind; repeated by the database in the transaction of each
# movement, in rows that are only added and that add up. `movements` counts rows of the ledger; what a change of tier
# took along is of the kind transfer and counts none. Country and segment are not here: a customer's may change.
movement_day = Table(
    "movement_day",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("day", Date, nullable=False),
    text("tier_id"),
    text("currency"),
    text("kind"),
    minor("minor"),
    Column("movements", BigInteger, nullable=False),
    Index("ix_movement_day_day", "day"),
)

# The same by currency alone: as many rows for ten customers as for a million.
mrr_day = Table(
    "mrr_day",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("day", Date, nullable=False),
    text("currency"),
    minor("minor"),
    Column("movements", BigInteger, nullable=False),
    Index("ix_mrr_day_day", "day"),
)
