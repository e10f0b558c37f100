"""Tables of culture: the cached profile of an install, its health by day, and the upsell opportunities found."""

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Numeric, Table

from db.models import metadata
from db.types import Json, instant, minor, organization_id, primary_id, text

culture_profile = Table(
    "culture_profile",
    metadata,
    text("install_id", primary_key=True),
    organization_id(index=True),
    instant("computed_at"),
    text("method_version"),
    Column("profile", Json, nullable=False),
)

health_day = Table(
    "health_day",
    metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    organization_id(),
    Column("low", Numeric(5, 2), nullable=False),
    Column("high", Numeric(5, 2), nullable=False),
    Column("score", Numeric(5, 2), nullable=True),
    Column("parts", Json, nullable=False),
    text("weights_version"),
)

upsell = Table(
    "upsell",
    metadata,
    primary_id(),
    organization_id(index=True),
    text("install_id"),
    text("rule"),
    Column("rule_version", Integer, nullable=False),
    text("priority"),
    text("offer"),
    text("sentence"),
    Column("evidence", Json, nullable=False),
    minor("expected_value_minor", nullable=True),
    text("currency", nullable=True),
    Column("days_left", Integer, nullable=True),
    text("state"),
    text("assigned_to", nullable=True),
    instant("snoozed_until", nullable=True),
    text("note", nullable=True),
    instant("found_at"),
    instant("updated_at"),
    CheckConstraint("priority IN ('HIGH', 'MEDIUM', 'LOW')", name="priority"),
    CheckConstraint("state IN ('open', 'won', 'lost', 'ignored', 'gone')", name="state"),
)
Index("uq_upsell_open_rule", upsell.c.install_id, upsell.c.rule, unique=True, postgresql_where=upsell.c.state == "open")
