"""Tables of the security score: what it was each day, and every verification of the audit chains."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, Index, Integer, Table
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, primary_id, text

security_score_day = Table(
    "security_score_day",
    metadata,
    Column("day", Date, primary_key=True),
    Column("score", Double, nullable=False),
    # What it would be with no gate open.
    Column("uncapped", Double, nullable=False),
    # Ids of open gates, and by id of a check its weight and share: enough to name the cause of any change.
    Column("gates", Json, nullable=False),
    Column("checks", Json, nullable=False),
    instant("at"),
    Column("demo", Boolean, nullable=False, server_default=sql("false")),
)

audit_verification = Table(
    "audit_verification",
    metadata,
    primary_id(),
    instant("at"),
    text("by"),
    Column("intact", Boolean, nullable=False),
    Column("organizations", Integer, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("checkpoints", BigInteger, nullable=False),
    Column("unsealed", BigInteger, nullable=False),
    Column("breaks", Json, nullable=False),
    Column("demo", Boolean, nullable=False, server_default=sql("false")),
)
Index("ix_audit_verification_at", audit_verification.c.at.desc())
