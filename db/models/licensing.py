"""Tables of licensing: tiers and their limits as data, licenses, installations, seats and the decision log."""

from typing import Any

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
    # How long a seat stays taken after its holder's last heartbeat.
    Column("seat_heartbeat_seconds", Integer, nullable=False, server_default=sql("600")),
    # What verification learns.
    instant("first_verified_at", nullable=True),
    instant("last_check_in_at", nullable=True),
    Column("state_version", Integer, nullable=False, server_default=sql("1")),
    CheckConstraint("term IN ('trial', 'paid', 'free')", name="term"),
    CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name="billing_period"),
    CheckConstraint("expiry_strategy IN ('restrict', 'maintain', 'allow')", name="expiry_strategy"),
    CheckConstraint("overage IN ('deny', 'allow', '1.25x', '1.5x', '2x')", name="overage"),
    CheckConstraint("seat_heartbeat_seconds BETWEEN 60 AND 86400", name="seat_heartbeat"),
)
_newest = (license.c.issued_at.desc(), license.c.id.desc())
Index("ix_license_issued", *_newest)
# Statuses that few licenses have, in the order of lists: without these, a page of them walks all there are.
Index("ix_license_revoked", *_newest, postgresql_where=license.c.revoked_at.is_not(None))
Index(
    "ix_license_suspended",
    *_newest,
    postgresql_where=license.c.revoked_at.is_(None) & license.c.suspended_at.is_not(None),
)
Index(
    "ix_license_ending",
    *_newest,
    postgresql_where=license.c.revoked_at.is_(None)
    & license.c.suspended_at.is_(None)
    & license.c.expires_at.is_not(None),
)
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

# A seat that somebody sits on until `expires_at`, unless a heartbeat moves that; whoever comes later may take it.
seat_lease = Table(
    "seat_lease",
    metadata,
    Column("license_id", Uuid, ForeignKey("license.id", ondelete="CASCADE"), primary_key=True),
    text("holder", primary_key=True),
    organization_id(),
    text("fingerprint", nullable=True),
    instant("taken_at"),
    instant("renewed_at"),
    instant("expires_at"),
)
Index("ix_seat_lease_expires_at", seat_lease.c.expires_at)
Index("ix_seat_lease_license", seat_lease.c.license_id, seat_lease.c.expires_at)


def _word() -> Column[Any]:
    # Byte by byte, so that whatever begins with a text is a range of the index, and leakproof to compare: an ILIKE is
    # not, so under row-level security no index would answer it.
    return Column("word", Text(collation="C"), primary_key=True)


# What a license (its install id, domains, installations) and an organization (its name) are found by: each text, and
# what is left of it from each later word on, in lower case. Triggers write them (migration 0017).
license_word = Table(
    "license_word",
    metadata,
    _word(),
    Column("license_id", Uuid, ForeignKey("license.id", ondelete="CASCADE"), primary_key=True),
    # The empty text for the license itself, a slash and its fingerprint for an installation.
    Column("source", Text(collation="C"), primary_key=True),
    # Follows the license's own, which has the key: a second one would be looked up for each of its words.
    Column("organization_id", Uuid, nullable=False),
)
Index("ix_license_word_source", license_word.c.license_id, license_word.c.source)
organization_word = Table(
    "organization_word",
    metadata,
    _word(),
    Column("organization_id", Uuid, ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, index=True),
)
