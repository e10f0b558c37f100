"""Tables of organizations: the vendor and its customers, their brands and their domains."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, LargeBinary, Table, func
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import instant, organization_id, primary_id, text

organization = Table(
    "organization",
    metadata,
    primary_id(),
    text("name"),
    text("realm"),
    text("country", nullable=True),
    text("segment", nullable=True),
    text("contact_email", nullable=True),
    text("owner_email", nullable=True),
    text("notes", server_default=sql("''")),
    Column("demo", Boolean, nullable=False, server_default=sql("false")),
    instant("created_at"),
    instant("archived_at", nullable=True),
    CheckConstraint("realm IN ('vendor', 'customer')", name="realm"),
)
Index("ix_organization_name_lower", func.lower(organization.c.name))

brand = Table(
    "brand",
    metadata,
    organization_id(primary_key=True),
    text("display_name"),
    text("primary_color"),
    text("support_email", nullable=True),
    text("support_url", nullable=True),
    text("from_name", nullable=True),
)

# Checked and made harmless before it came here; one a brand, addressed by what it is.
logo = Table(
    "logo",
    metadata,
    organization_id(primary_key=True),
    text("digest"),
    text("media_type"),
    Column("content", LargeBinary, nullable=False),
)
Index("ix_logo_digest", logo.c.digest)

domain = Table(
    "domain",
    metadata,
    text("host", primary_key=True),
    organization_id(index=True),
    instant("added_at"),
)

# The day that imported books are looked at, of the vendor's organization; without a row, now.
viewpoint = Table(
    "viewpoint",
    metadata,
    organization_id(primary_key=True),
    instant("at"),
    text("source"),
    instant("set_at"),
)
