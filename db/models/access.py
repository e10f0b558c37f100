"""Tables of access: people, sessions, set-up links, the audit trail and remembered answers to retried requests."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Uuid,
    func,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, organization_id, primary_id, text

person = Table(
    "person",
    metadata,
    primary_id(),
    organization_id(index=True),
    text("email"),
    text("name"),
    text("role"),
    text("password_hash"),
    Column("failed_sign_ins", Integer, nullable=False, server_default=sql("0")),
    instant("locked_until", nullable=True),
    instant("last_sign_in_at", nullable=True),
    instant("disabled_at", nullable=True),
    Column("demo", Boolean, nullable=False, server_default=sql("false")),
    instant("created_at"),
    CheckConstraint("role IN ('owner', 'admin', 'manager', 'member', 'viewer')", name="role"),
)
Index("uq_person_email_lower", func.lower(person.c.email), unique=True)

session = Table(
    "session",
    metadata,
    primary_id(),
    organization_id(),
    Column("person_id", Uuid, ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    text("user_agent"),
    text("address"),
    instant("created_at"),
    instant("last_seen_at"),
    instant("idle_until"),
    instant("expires_at"),
    instant("revoked_at", nullable=True),
)

setup_link = Table(
    "setup_link",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),
    instant("created_at"),
    instant("used_at", nullable=True),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    primary_id(),
    organization_id(),
    instant("at"),
    text("actor_kind"),
    text("actor_id"),
    text("actor_label"),
    text("action"),
    text("target_kind"),
    text("target_id"),
    text("reason", nullable=True),
    Column("before", Json, nullable=True),
    Column("after", Json, nullable=True),
    text("address"),
    text("request_id"),
    Column("sequence", BigInteger, nullable=True),
    Column("previous_hash", LargeBinary, nullable=True),
    Column("hash", LargeBinary, nullable=True),
)
Index("uq_audit_entry_sequence", audit_entry.c.organization_id, audit_entry.c.sequence, unique=True)
Index("ix_audit_entry_organization_at", audit_entry.c.organization_id, audit_entry.c.at.desc())
Index("ix_audit_entry_at", audit_entry.c.at.desc(), audit_entry.c.id.desc())
Index(
    "ix_audit_entry_unsealed",
    audit_entry.c.organization_id,
    audit_entry.c.id,
    postgresql_where=audit_entry.c.sequence.is_(None),
)
Index("ix_audit_entry_target", audit_entry.c.target_kind, audit_entry.c.target_id)
# The few that the security score counts, among the many that it doesn't.
Index(
    "ix_audit_entry_of_security",
    audit_entry.c.action,
    audit_entry.c.at,
    postgresql_where=sql("action IN ('session.refused', 'password.refused', 'person.locked', 'security.reviewed')"),
)

audit_head = Table(
    "audit_head",
    metadata,
    organization_id(primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

remembered_answer = Table(
    "remembered_answer",
    metadata,
    text("credential", primary_key=True),
    text("idempotency_key", primary_key=True),
    Column("request_digest", LargeBinary, nullable=False),
    # Encrypted: an answer may hold a secret that is shown once. Empty while the work runs.
    Column("body", LargeBinary, nullable=False),
    instant("at"),
)
