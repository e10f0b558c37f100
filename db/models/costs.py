"""What serving customers costs, and every movement of cash; both only ever grow: a mistake is reversed, not edited."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, Table, Text, UniqueConstraint, Uuid

from db.models import metadata
from db.types import instant, minor, primary_id, text

cost_entry = Table(
    "cost_entry",
    metadata,
    primary_id(),
    Column("booked_on", Date, nullable=False),
    text("kind"),
    # Null where a cost is nobody's in particular: a shared cluster, the support desk itself.
    Column("organization_id", Uuid, ForeignKey("organization.id"), nullable=True),
    Column("product_id", Text, ForeignKey("product.id"), nullable=True),
    # A credit of the provider is negative.
    minor("amount_minor"),
    text("currency"),
    text("note", nullable=True),
    text("source"),
    text("external_id"),
    Column("reverses_id", Uuid, ForeignKey("cost_entry.id"), nullable=True, unique=True),
    instant("recorded_at"),
    UniqueConstraint("source", "external_id"),
    CheckConstraint("kind IN ('compute', 'storage', 'bandwidth', 'support')", name="kind"),
    CheckConstraint("amount_minor <> 0", name="amount"),
)
Index("ix_cost_entry_booked_on", cost_entry.c.booked_on)
Index("ix_cost_entry_organization_booked_on", cost_entry.c.organization_id, cost_entry.c.booked_on)

cash_entry = Table(
    "cash_entry",
    metadata,
    primary_id(),
    Column("booked_on", Date, nullable=False),
    text("category"),
    # What came in is positive, what went out negative.
    minor("amount_minor"),
    text("currency"),
    text("note", nullable=True),
    text("source"),
    text("external_id"),
    Column("reverses_id", Uuid, ForeignKey("cash_entry.id"), nullable=True, unique=True),
    instant("recorded_at"),
    UniqueConstraint("source", "external_id"),
    CheckConstraint(
        "category IN ('opening', 'receipts', 'payroll', 'hosting', 'sales', 'marketing', 'office', 'tax', "
        "'financing', 'other')",
        name="category",
    ),
    CheckConstraint("amount_minor <> 0", name="amount"),
)
Index("ix_cash_entry_booked_on", cash_entry.c.booked_on)
