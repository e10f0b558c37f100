"""Tables of products, plans and subscriptions: what a tier holds and costs, as data, and the priced agreements."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, minor, organization_id, primary_id, text

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
    # The first of a chain of changes; null where this is the first itself.
    Column("agreement_id", Uuid, ForeignKey("subscription.id"), nullable=True, index=True),
    # In a trial and in a pause nothing is charged.
    text("phase", server_default=sql("'active'")),
    # What a coupon takes off the amount times quantity of each billing period, and for how long it was granted.
    Column("percent_off", Numeric(9, 6), nullable=False, server_default=sql("0")),
    Column("minor_off", BigInteger, nullable=False, server_default=sql("0")),
    text("coupon_duration", nullable=True),
    CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name="billing_period"),
    CheckConstraint("amount_minor >= 0 AND quantity >= 1", name="amount"),
    CheckConstraint("ended_at >= started_at", name="ended_after_start"),
    CheckConstraint("phase IN ('trial', 'active', 'paused')", name="phase"),
    CheckConstraint(
        "percent_off BETWEEN 0 AND 100 AND minor_off >= 0 "
        "AND (coupon_duration IS NULL) = (percent_off = 0 AND minor_off = 0)",
        name="off",
    ),
    CheckConstraint("coupon_duration IN ('once', 'repeating', 'forever')", name="coupon_duration"),
)
# A license is paid for by one subscription at a time, whoever races to start a second.
Index(
    "uq_subscription_license_active",
    subscription.c.license_id,
    unique=True,
    postgresql_where=subscription.c.ended_at.is_(None),
)
Index("ix_subscription_started", subscription.c.started_at.desc(), subscription.c.id.desc())

# What is agreed to happen to a subscription on a later day; `agreement_id` names its chain by the first of it.
scheduled_change = Table(
    "scheduled_change",
    metadata,
    primary_id(),
    organization_id(index=True),
    Column("agreement_id", Uuid, ForeignKey("subscription.id"), nullable=False),
    text("act"),
    instant("due_at"),
    Column("terms", Json, nullable=False),
    text("reason", nullable=True),
    text("asked_by"),
    instant("asked_at"),
    text("state"),
    instant("settled_at", nullable=True),
    text("outcome", nullable=True),
    CheckConstraint("act IN ('change', 'pause', 'resume', 'cancel', 'convert', 'coupon', 'coupon_end')", name="act"),
    CheckConstraint("state IN ('waiting', 'done', 'withdrawn', 'refused')", name="state"),
    CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
)
_WAITING = scheduled_change.c.state == "waiting"
Index("ix_scheduled_change_agreement", scheduled_change.c.agreement_id)
Index("ix_scheduled_change_due", scheduled_change.c.due_at, postgresql_where=_WAITING)
# Of one kind one at a time: a second cancellation, whoever races to ask for it, would be the same one.
Index(
    "uq_scheduled_change_waiting",
    scheduled_change.c.agreement_id,
    scheduled_change.c.act,
    unique=True,
    postgresql_where=_WAITING,
)
