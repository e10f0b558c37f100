"""Tables of licensing: tiers and their limits as data, licenses, installations and the decision log."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, organization_id, primary_id, text

tier = Table(
    "tier",
    metadata,
    text("id", primary_key=True),
    text("label"),
    Column("rank", Integer, nullable=False),
    Column("features", ARRAY(Text), nullable=False),
    Column("max_installs", Integer, nullable=True),
    Column("max_domains", Integer, nullable=True),
)

tier_limit = Table(
    "tier_limit",
    metadata,
    Column("tier_id", Text, ForeignKey("tier.id"), primary_key=True),
    text("meter", primary_key=True),
    # Null is UNLIMITED.
    Column("highest", BigInteger, nullable=True),
)

license = Table(
    "license",
    metadata,
    primary_id(),
    organization_id(index=True),
    text("install_id", unique=True),
    Column("secret_digest", LargeBinary, nullable=False),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    text("term"),
    text("billing_period", nullable=True),
    instant("issued_at"),
    instant("starts_at"),
    instant("expires_at", nullable=True),
    instant("suspended_at", nullable=True),
    instant("revoked_at", nullable=True),
    text("revoke_reason", nullable=True),
    instant("converted_at", nullable=True),
    text("notes", server_default=sql("''")),
    # The policy (L6); null means the tier's own, or no such rule.
    Column("max_installs", Integer, nullable=True),
    Column("max_seats", Integer, nullable=True),
    Column("domains", ARRAY(Text), nullable=False, server_default=sql("'{}'::text[]")),
    Column("fingerprint_required", Boolean, nullable=False, server_default=sql("false")),
    Column("check_in_days", Integer, nullable=True),
    text("expiry_strategy", server_default=sql("'restrict'")),
    text("overage", server_default=sql("'deny'")),
    Column("entitlements", ARRAY(Text), nullable=False, server_default=sql("'{}'::text[]")),
    text("versions", nullable=True),
    # What verification learns.
    instant("first_verified_at", nullable=True),
    instant("last_check_in_at", nullable=True),
    Column("state_version", Integer, nullable=False, server_default=sql("1")),
    CheckConstraint("term IN ('trial', 'paid', 'free')", name="term"),
    CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name="billing_period"),
    CheckConstraint("expiry_strategy IN ('restrict', 'maintain', 'allow')", name="expiry_strategy"),
    CheckConstraint("overage IN ('deny', 'allow')", name="overage"),
)
Index("ix_license_issued", license.c.issued_at.desc(), license.c.id.desc())
# The ingest door knows an install by its secret alone.
Index("ix_license_secret_digest", license.c.secret_digest)

installation = Table(
    "installation",
    metadata,
    Column("license_id", Uuid, ForeignKey("license.id", ondelete="CASCADE"), primary_key=True),
    # The empty fingerprint is the license's one unnamed installation.
    text("fingerprint", primary_key=True),
    organization_id(),
    text("domain", nullable=True),
    text("version", nullable=True),
    instant("activated_at"),
    instant("last_seen_at"),
)
# For people who search. Without the unnamed ones, which all share one fingerprint, it can never be chosen where an
# installation of one license is looked up.
Index("ix_installation_fingerprint", installation.c.fingerprint, postgresql_where=installation.c.fingerprint != "")

decision = Table(
    "decision",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("license_id", Uuid, ForeignKey("license.id", ondelete="CASCADE"), nullable=False),
    organization_id(),
    instant("at"),
    Column("valid", Boolean, nullable=False),
    text("code"),
    Column("question", Json, nullable=False),
    # Equal questions, the nonce apart, have equal digests: the last row of each says what it is answered today.
    Column("question_digest", LargeBinary, nullable=False),
    Column("state", Json, nullable=False),
    Column("state_version", Integer, nullable=False),
    Column("repeats", BigInteger, nullable=False, server_default=sql("0")),
    instant("last_at"),
)
Index("ix_decision_question", decision.c.license_id, decision.c.question_digest, decision.c.id.desc())
Index("ix_decision_license", decision.c.license_id, decision.c.id.desc())
