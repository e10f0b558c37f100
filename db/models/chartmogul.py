"""Tables of what ChartMogul says of MRR: each export that was kept, and its movements as they stand there."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Uuid

from db.models import metadata
from db.types import instant, primary_id, text

# `currency` is that of the ChartMogul account, in which every amount is; `until` the instant up to which it tells.
chartmogul_export = Table(
    "chartmogul_export",
    metadata,
    primary_id(),
    text("books"),
    text("source"),
    Column("digest", LargeBinary, nullable=False),
    text("currency"),
    instant("until"),
    instant("kept_at"),
)
Index("ix_chartmogul_export_kept", chartmogul_export.c.kept_at.desc())

# `customer` is their id of one, which the markers of the import say who it became; nothing here names a person.
chartmogul_movement = Table(
    "chartmogul_movement",
    metadata,
    Column("export_id", Uuid, ForeignKey("chartmogul_export.id", ondelete="CASCADE"), primary_key=True),
    text("external_id", primary_key=True),
    text("customer"),
    text("subscription", nullable=True),
    text("plan", nullable=True),
    text("kind"),
    instant("effective_at"),
    Column("change_minor", BigInteger, nullable=False),
    Column("mrr_minor", BigInteger, nullable=True),
    CheckConstraint("kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation')", name="kind"),
)
