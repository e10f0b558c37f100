"""Tables of culture: the cached profile of an install, its health by day, and the upsell opportunities found."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Date, Index, Integer, Numeric, Table, Text

from db.models import metadata
from db.types import Json, instant, minor, organization_id, primary_id, text

culture_profile = Table(
    "culture_profile",
    metadata,
    text("install_id", primary_key=True),
    organization_id(index=True),
    instant("computed_at"),
    text("method_version"),
    # What others are compared with: features adopted, and on how many of the active person-days each was used.
    text("tier_id"),
    text("size_band"),
    Column("person_days", Integer, nullable=False),
    Column("adopted", ARRAY(Text), nullable=False),
    Column("feature_days", Json, nullable=False),
    text("main_version", nullable=True),
    Column("profile", Json, nullable=False),
)
Index("ix_culture_profile_computed_at", culture_profile.c.computed_at)
Index("ix_culture_profile_peers", culture_profile.c.tier_id, culture_profile.c.size_band)
Index("ix_culture_profile_main_version", culture_profile.c.main_version)

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
    # An opportunity is one conversation: what is offered, about what. The rules that speak for it may come and go.
    text("kind"),
    text("subject"),
    text("rule"),
    Column("rule_version", Integer, nullable=False),
    Column("rules", ARRAY(Text), nullable=False),
    text("priority"),
    text("offer"),
    text("offer_label"),
    text("sentence"),
    Column("evidence", Json, nullable=False),
    minor("expected_value_minor", nullable=True),
    text("currency", nullable=True),
    text("expected_value_basis"),
    Column("days_left", Integer, nullable=True),
    text("state"),
    text("assigned_to", nullable=True),
    instant("snoozed_until", nullable=True),
    text("note", nullable=True),
    text("close_reason", nullable=True),
    instant("found_at"),
    instant("updated_at"),
    instant("closed_at", nullable=True),
    CheckConstraint("priority IN ('HIGH', 'MEDIUM', 'LOW')", name="priority"),
    CheckConstraint("state IN ('open', 'won', 'lost', 'ignored', 'gone')", name="state"),
)
Index(
    "uq_upsell_open_offer",
    upsell.c.install_id,
    upsell.c.kind,
    upsell.c.subject,
    unique=True,
    postgresql_where=upsell.c.state == "open",
)
Index("ix_upsell_state", upsell.c.state, upsell.c.expected_value_minor.desc())
