"""Tables of what is asked beside the list: prices of one customer, usage charges, coupons, and rates of tax."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Numeric, Table, Text, Uuid
from sqlalchemy import UniqueConstraint as Unique

from db.models import metadata
from db.types import Json, instant, minor, organization_id, primary_id, text

_PERIODS = "billing_period IN ('monthly', 'quarterly', 'annual')"

# What was agreed with one customer in place of the list, for a time. Rows stay when they have ended.
custom_price = Table(
    "custom_price",
    metadata,
    primary_id(),
    organization_id(),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    text("billing_period"),
    text("currency"),
    minor("amount_minor"),
    instant("starts_at"),
    # Null: until somebody ends it.
    instant("ends_at", nullable=True),
    text("reason"),
    text("by"),
    instant("created_at"),
    CheckConstraint(_PERIODS, name="billing_period"),
    CheckConstraint("amount_minor >= 0", name="amount"),
    CheckConstraint("ends_at >= starts_at", name="ends"),
)
Index("ix_custom_price_organization", custom_price.c.organization_id, custom_price.c.starts_at)

# What a meter costs on a tier from an instant on; without a definition it costs nothing from then on.
usage_price = Table(
    "usage_price",
    metadata,
    primary_id(),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    text("meter"),
    text("currency"),
    text("label"),
    # Only what lies above the limit in force is charged.
    Column("beyond_limit", Boolean, nullable=False),
    Column("definition", Json, nullable=True),
    instant("valid_from"),
    text("by"),
    instant("created_at"),
    Unique("tier_id", "meter", "currency", "valid_from"),
)

coupon = Table(
    "coupon",
    metadata,
    primary_id(),
    text("code", unique=True),
    text("label"),
    Column("percent", Numeric(9, 6), nullable=True),
    minor("amount_minor", nullable=True),
    text("currency", nullable=True),
    text("duration"),
    Column("months", Integer, nullable=True),
    instant("redeem_by", nullable=True),
    Column("max_redemptions", Integer, nullable=True),
    instant("withdrawn_at", nullable=True),
    text("by"),
    instant("created_at"),
    CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name="one_value"),
    CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name="currency"),
    CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("duration IN ('once', 'repeating', 'forever')", name="duration"),
    CheckConstraint("(duration = 'repeating') = (months IS NOT NULL)", name="repeats"),
    CheckConstraint("months > 0 AND max_redemptions > 0", name="counts"),
)

# Which coupon a subscription's discount came from; what comes off stands on the subscription itself.
coupon_redemption = Table(
    "coupon_redemption",
    metadata,
    primary_id(),
    organization_id(index=True),
    Column("coupon_id", Uuid, ForeignKey("coupon.id"), nullable=False),
    # The first of the chain of changes that the discount is on.
    Column("agreement_id", Uuid, ForeignKey("subscription.id"), nullable=False, index=True),
    instant("redeemed_at"),
    instant("ends_at", nullable=True),
    text("by"),
    Unique("coupon_id", "agreement_id"),
)

# The standard rate of value added tax of a country from a day on, in percent.
tax_rate = Table(
    "tax_rate",
    metadata,
    Column("country", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("percent", Numeric(6, 3), nullable=False),
    text("source"),
    CheckConstraint("percent >= 0 AND percent < 100", name="percent"),
    CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
)
