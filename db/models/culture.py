"""Tables of culture: the cached profile of an install, its health by day, and the upsell opportunities found."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.sql import text as sql

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
    Column("events", BigInteger, nullable=False, server_default=sql("0")),
    Column("errors", BigInteger, nullable=False, server_default=sql("0")),
    text("main_version", nullable=True),
    # What makes two customers alike beside their features: people seen, and how their use lies in time.
    Column("people", Integer, nullable=True),
    Column("weekend_share", Float, nullable=True),
    Column("concentration", Float, nullable=True),
    Column("api_share", Float, nullable=True),
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

# The part of health that use makes, told afterwards from the roll-ups as of a day: what a test on the past stands on.
health_snapshot = Table(
    "health_snapshot",
    metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    organization_id(index=True),
    text("method_version"),
    text("weights_version"),
    Column("score", Numeric(5, 2), nullable=True),
    Column("parts", Json, nullable=False),
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
    Column("days_p10", Integer, nullable=True),
    Column("days_p90", Integer, nullable=True),
    text("confidence", server_default=sql("'medium'")),
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
    CheckConstraint("confidence IN ('high', 'medium', 'low')", name="confidence"),
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

# That somebody of ours talked with a customer, about one opportunity or none: for some weeks nothing new is offered.
contact = Table(
    "contact",
    metadata,
    primary_id(),
    organization_id(),
    Column("upsell_id", Uuid, ForeignKey("upsell.id", ondelete="SET NULL"), nullable=True),
    instant("at"),
    text("by"),
    text("note"),
)
Index("ix_contact_organization", contact.c.organization_id, contact.c.at)
Index("ix_contact_upsell", contact.c.upsell_id)

# From which day on an install was of an archetype; a row only where it changed, so that years cost few of them.
archetype_spell = Table(
    "archetype_spell",
    metadata,
    text("install_id", primary_key=True),
    Column("first_day", Date, primary_key=True),
    organization_id(index=True),
    text("archetype"),
)
Index("ix_archetype_spell_first_day", archetype_spell.c.first_day)
