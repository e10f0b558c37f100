"""The movement ledger: append-only changes of a customer's MRR, the only source of every MRR figure."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Identity, Index, Table, Text, Uuid

from db.models import metadata
from db.types import instant, minor, organization_id, text

movement = Table(
    "movement",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    organization_id(),
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), nullable=True),
    Column("tier_id", Text, ForeignKey("tier.id"), nullable=False),
    text("kind"),
    instant("effective_at"),
    instant("recorded_at"),
    minor("mrr_change_minor"),
    text("currency"),
    text("reason", nullable=True),
    CheckConstraint("kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation', 'fx')", name="kind"),
)
Index("ix_movement_organization_effective", movement.c.organization_id, movement.c.effective_at)
Index("ix_movement_effective", movement.c.effective_at)
