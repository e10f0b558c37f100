"""The outbox: what happened, written in the transaction that caused it, in the order it may be re-read."""

from sqlalchemy import BigInteger, Column, Identity, Index, Table

from db.models import metadata
from db.types import Json, instant, organization_id, text

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    text("type"),
    Column("data", Json, nullable=False),
    instant("at"),
    instant("relayed_at", nullable=True),
)
Index("ix_outbox_organization", outbox.c.organization_id, outbox.c.id.desc())
Index("ix_outbox_relayed", outbox.c.relayed_at, outbox.c.id)
Index("ix_outbox_waiting", outbox.c.id, postgresql_where=outbox.c.relayed_at.is_(None))
