"""Tables of what is in the field: releases, which versions ran in each week, and who sends no telemetry by choice."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Index, Table
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import instant, organization_id, text

release = Table(
    "release",
    metadata,
    text("product", primary_key=True, server_default=sql("'suite'")),
    text("version", primary_key=True),
    instant("released_at"),
    instant("supported_until", nullable=True),
    text("notes", server_default=sql("''")),
    Column("demo", Boolean, nullable=False, server_default=sql("false")),
    CheckConstraint("supported_until > released_at", name="supported"),
)
Index("ix_release_released", release.c.released_at.desc())

# By the Monday of the week (UTC): installs whose last version told in that week it was. Kept by a job, since counting
# installs by week means reading a week of all of them.
version_week = Table(
    "version_week",
    metadata,
    Column("week", Date, primary_key=True),
    text("version", primary_key=True),
    Column("installs", BigInteger, nullable=False),
    instant("counted_at"),
)

# Who has chosen to send no telemetry; without a row an install may.
telemetry_opt_out = Table(
    "telemetry_opt_out",
    metadata,
    text("install_id", primary_key=True),
    organization_id(index=True),
    instant("since"),
    text("by"),
    text("reason"),
)
