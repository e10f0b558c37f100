"""Tables of support: tickets that customers opened, and what they said when they left."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, SmallInteger, Table
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import instant, minor, organization_id, primary_id, text

support_ticket = Table(
    "support_ticket",
    metadata,
    primary_id(),
    organization_id(),
    # The number by which customer and staff speak of it.
    text("reference"),
    text("subject", server_default=sql("''")),
    text("priority"),
    instant("submitted_at"),
    instant("closed_at", nullable=True),
    # Minutes until the first answer; null where nobody has answered, or nobody knows.
    Column("response_minutes", BigInteger, nullable=True),
    Column("satisfaction", SmallInteger, nullable=True),
    Column("escalated", Boolean, nullable=False, server_default=sql("false")),
    CheckConstraint("priority IN ('low', 'medium', 'high', 'urgent')", name="priority"),
    CheckConstraint("response_minutes >= 0", name="response_minutes"),
    CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
    CheckConstraint("closed_at >= submitted_at", name="closed_after_submitted"),
)
Index("ix_support_ticket_organization", support_ticket.c.organization_id, support_ticket.c.submitted_at)
Index("ix_support_ticket_submitted", support_ticket.c.submitted_at)

# What a customer is said to have done and why; MRR lost is told by the movement ledger alone.
churn_event = Table(
    "churn_event",
    metadata,
    primary_id(),
    organization_id(),
    instant("at"),
    text("reason"),
    text("feedback", server_default=sql("''")),
    minor("refund_minor"),
    text("currency"),
    Column("reactivation", Boolean, nullable=False, server_default=sql("false")),
)
Index("ix_churn_event_organization", churn_event.c.organization_id, churn_event.c.at)
