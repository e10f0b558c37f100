"""The table of license files that were given out."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Table, Uuid

from db.models import metadata
from db.types import instant, organization_id, primary_id, text

# One row a file, never changed: what is out cannot be recalled, so it is known what is.
license_file = Table(
    "license_file",
    metadata,
    primary_id(),
    organization_id(index=True),
    Column("license_id", Uuid, ForeignKey("license.id", ondelete="CASCADE"), nullable=False),
    # The empty fingerprint is the license's unnamed installation; the file itself is bound to none then.
    text("fingerprint"),
    instant("made_at"),
    text("made_by"),
    text("way"),
    # Null: without end.
    instant("file_expires_at", nullable=True),
    Column("grace_days", Integer, nullable=False),
    Column("encrypted", Boolean, nullable=False),
    text("kid"),
    Column("sha256", LargeBinary, nullable=False),
    text("content"),
    # Of the activation request it answers; the digest tells a request that was sent again from another one.
    text("nonce", nullable=True),
    Column("request_digest", LargeBinary, nullable=True),
    CheckConstraint("way IN ('person', 'install', 'request')", name="way"),
    CheckConstraint("(nonce IS NULL) = (request_digest IS NULL)", name="request"),
)
Index("ix_license_file_license", license_file.c.license_id, license_file.c.made_at.desc(), license_file.c.id.desc())
Index(
    "uq_license_file_nonce",
    license_file.c.license_id,
    license_file.c.nonce,
    unique=True,
    postgresql_where=license_file.c.nonce.is_not(None),
)
