"""Tables of limits on the control plane: what was agreed with one customer, and where each license stands."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Uuid,
)

from db.models import metadata
from db.types import instant, organization_id, primary_id, text


def _license(*, primary_key: bool = False) -> Column[Any]:
    key = ForeignKey("license.id", ondelete="CASCADE")
    return Column("license_id", Uuid, key, nullable=False, primary_key=primary_key)


# A limit of one license in place of its tier's, for a time. Rows stay when they have ended: they say what was allowed.
limit_override = Table(
    "limit_override",
    metadata,
    primary_id(),
    organization_id(index=True),
    _license(),
    text("meter"),
    # Null is UNLIMITED.
    Column("highest", BigInteger, nullable=True),
    instant("starts_at"),
    # Null: until somebody ends it.
    instant("ends_at", nullable=True),
    text("reason"),
    text("by"),
    CheckConstraint("highest >= 0", name="highest"),
    CheckConstraint("ends_at >= starts_at", name="ends"),
)
Index("ix_limit_override_license", limit_override.c.license_id, limit_override.c.meter)

# One meter of one license as it stood when its profile was last computed. Shares are fractions of the limit.
usage_standing = Table(
    "usage_standing",
    metadata,
    _license(primary_key=True),
    text("meter", primary_key=True),
    organization_id(index=True),
    Column("day", Date, nullable=False),
    Column("current", BigInteger, nullable=True),
    Column("busy", BigInteger, nullable=True),
    Column("highest", BigInteger, nullable=True),
    text("source"),
    Column("share", Numeric(12, 4), nullable=True),
    Column("spike", Boolean, nullable=False),
    # Days until the limit, as quantiles; null where there is no forecast, or beyond the days that it looks ahead.
    Column("forecast", Boolean, nullable=False),
    Column("days_p10", Integer, nullable=True),
    Column("days_p50", Integer, nullable=True),
    Column("days_p90", Integer, nullable=True),
    Column("change", Numeric(12, 4), nullable=True),
    Column("n", Integer, nullable=False),
    text("reason", nullable=True),
)

# One row a license: what the list of standings is narrowed to and ordered by, in plain columns that an index answers.
usage_place = Table(
    "usage_place",
    metadata,
    _license(primary_key=True),
    organization_id(index=True),
    Column("over", Boolean, nullable=False),
    Column("near", Boolean, nullable=False),
    Column("jumping", Boolean, nullable=False),
    Column("by_share", Integer, nullable=False),
    Column("by_days", Integer, nullable=False),
    Column("by_change", Integer, nullable=False),
    instant("refreshed_at"),
)
for _order in ("share", "days", "change"):
    Index(f"ix_usage_place_{_order}", usage_place.c[f"by_{_order}"], usage_place.c.license_id)
