"""Tables of invoices: who sells and who is billed, what is demanded, corrected and paid, and how it is asked for."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, minor, organization_id, primary_id, text


def _party() -> list[Column[Any]]:
    """Return the columns of an address, as law wants it on an invoice."""
    return [
        Column("lines", ARRAY(Text), nullable=False, server_default=sql("'{}'")),
        text("postcode", server_default=sql("''")),
        text("city", server_default=sql("''")),
        text("country", server_default=sql("''")),
        text("vat_id", nullable=True),
        text("email", nullable=True),
    ]


def _invoice_id(**options: Any) -> Column[Any]:
    return Column("invoice_id", Uuid, ForeignKey("invoice.id", **options), nullable=False)


# A legal entity of the vendor's that sells; numbers are counted for each by itself.
seller = Table(
    "seller",
    metadata,
    primary_id(),
    organization_id(),
    text("name"),
    *_party(),
    text("registration", nullable=True),
    text("bank_holder", nullable=True),
    text("bank", nullable=True),
    text("iban", nullable=True),
    text("bic", nullable=True),
    text("account", nullable=True),
    text("routing", nullable=True),
    text("prefix"),
    Column("net_days", Integer, nullable=False, server_default=sql("30")),
    text("paper", server_default=sql("'a4'")),
    text("footer", server_default=sql("''")),
    instant("created_at"),
    UniqueConstraint("prefix"),
    CheckConstraint("paper IN ('a4', 'letter')", name="paper"),
    CheckConstraint("net_days BETWEEN 0 AND 365", name="net_days"),
)

# How one customer is billed, in place of what the customer's own record and the seller say.
billing_profile = Table(
    "billing_profile",
    metadata,
    organization_id(primary_key=True),
    text("legal_name"),
    *_party(),
    Column("net_days", Integer, nullable=True),
    text("purchase_order", nullable=True),
    text("currency", nullable=True),
    Column("seller_id", Uuid, ForeignKey("seller.id"), nullable=True),
    Column("dunning_paused", Boolean, nullable=False, server_default=sql("false")),
    instant("changed_at"),
    CheckConstraint("net_days BETWEEN 0 AND 365", name="net_days"),
)

# What is on it is free while it is a draft; a trigger holds it still from then on, but for state and what is settled.
invoice = Table(
    "invoice",
    metadata,
    primary_id(),
    organization_id(),
    Column("seller_id", Uuid, ForeignKey("seller.id"), nullable=False, index=True),
    text("state"),
    text("number", nullable=True),
    text("currency"),
    # The first day of the month that it bills; none for one written by hand.
    Column("month", Date, nullable=True),
    Column("issued_on", Date, nullable=True),
    Column("due_on", Date, nullable=True),
    Column("net_days", Integer, nullable=False),
    text("reference", nullable=True),
    text("note", nullable=True),
    minor("net_minor"),
    minor("discount_minor"),
    minor("tax_minor"),
    minor("total_minor"),
    Column("paid_minor", BigInteger, nullable=False, server_default=sql("0")),
    Column("credited_minor", BigInteger, nullable=False, server_default=sql("0")),
    # Seller and buyer as they were named when it was finalized: a later change of address changes no old invoice.
    Column("seller_said", Json, nullable=True),
    Column("buyer_said", Json, nullable=True),
    text("source", server_default=sql("'calos'")),
    text("external_id", nullable=True),
    Column("dunning_paused", Boolean, nullable=False, server_default=sql("false")),
    instant("created_at"),
    instant("finalized_at", nullable=True),
    instant("sent_at", nullable=True),
    instant("paid_at", nullable=True),
    instant("ended_at", nullable=True),
    UniqueConstraint("seller_id", "number"),
    UniqueConstraint("source", "external_id"),
    CheckConstraint("state IN ('draft', 'open', 'paid', 'void', 'uncollectible')", name="state"),
    CheckConstraint("(state = 'draft') = (number IS NULL)", name="numbered"),
    CheckConstraint("(state = 'draft') = (issued_on IS NULL)", name="issued"),
    CheckConstraint("paid_minor >= 0 AND credited_minor >= 0", name="settled"),
    CheckConstraint("state = 'draft' OR paid_minor + credited_minor <= total_minor", name="within_total"),
)
Index("ix_invoice_organization", invoice.c.organization_id, invoice.c.created_at.desc(), invoice.c.id.desc())
Index("ix_invoice_created", invoice.c.created_at.desc(), invoice.c.id.desc())
Index("ix_invoice_due", invoice.c.due_on, postgresql_where=invoice.c.state == "open")
# A month is drafted once a customer and currency: to draft it again changes that draft.
Index(
    "uq_invoice_draft",
    invoice.c.organization_id,
    invoice.c.month,
    invoice.c.currency,
    unique=True,
    postgresql_where=invoice.c.state == "draft",
)

invoice_line = Table(
    "invoice_line",
    metadata,
    primary_id(),
    _invoice_id(ondelete="CASCADE"),
    organization_id(index=True),
    Column("position", Integer, nullable=False),
    text("kind"),
    text("text"),
    text("detail", nullable=True),
    Column("quantity", Numeric(38, 12), nullable=False),
    text("unit"),
    # Major units, exact.
    Column("unit_price", Numeric(38, 12), nullable=False),
    minor("net_minor"),
    minor("discount_minor"),
    minor("tax_minor"),
    Column("tax_rate", Numeric(7, 4), nullable=False),
    text("tax_category"),
    Column("first", Date, nullable=True),
    Column("last", Date, nullable=True),
    # What it comes from.
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), nullable=True, index=True),
    Column("license_id", Uuid, nullable=True),
    text("meter", nullable=True),
    text("source_key", nullable=True),
    UniqueConstraint("invoice_id", "position"),
    CheckConstraint(
        "kind IN ('subscription', 'proration', 'usage', 'overage', 'one_off')",
        name="kind",
    ),
    CheckConstraint("tax_category IN ('S', 'Z', 'E', 'AE', 'G', 'O')", name="tax_category"),
)

invoice_tax = Table(
    "invoice_tax",
    metadata,
    _invoice_id(ondelete="CASCADE"),
    organization_id(index=True),
    text("category"),
    Column("rate", Numeric(7, 4), nullable=False),
    minor("base_minor"),
    minor("tax_minor"),
    text("note", nullable=True),
    UniqueConstraint("invoice_id", "category", "rate"),
)

# What has been billed, under the key of its source and period: nothing is billed twice, whoever races. A void invoice
# and a deleted draft give their keys back.
billed_item = Table(
    "billed_item",
    metadata,
    text("key", primary_key=True),
    organization_id(index=True),
    Column("invoice_id", Uuid, ForeignKey("invoice.id", ondelete="CASCADE"), nullable=False, index=True),
)

# The last number of a seller's kind of paper in a year. Its row is locked by whoever finalizes, until the commit.
invoice_counter = Table(
    "invoice_counter",
    metadata,
    Column("seller_id", Uuid, ForeignKey("seller.id"), primary_key=True),
    text("kind", primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
    CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
)

credit_note = Table(
    "credit_note",
    metadata,
    primary_id(),
    organization_id(index=True),
    _invoice_id(),
    Column("seller_id", Uuid, ForeignKey("seller.id"), nullable=False),
    text("number"),
    text("currency"),
    text("reason"),
    Column("issued_on", Date, nullable=False),
    # Positive amounts.
    minor("net_minor"),
    minor("tax_minor"),
    minor("total_minor"),
    instant("issued_at"),
    UniqueConstraint("seller_id", "number"),
    CheckConstraint("total_minor > 0 AND total_minor = net_minor + tax_minor", name="total"),
)
Index("ix_credit_note_invoice", credit_note.c.invoice_id)

credit_note_line = Table(
    "credit_note_line",
    metadata,
    primary_id(),
    Column("credit_note_id", Uuid, ForeignKey("credit_note.id"), nullable=False, index=True),
    organization_id(index=True),
    Column("invoice_line_id", Uuid, ForeignKey("invoice_line.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    text("text"),
    minor("net_minor"),
    minor("tax_minor"),
    Column("tax_rate", Numeric(7, 4), nullable=False),
    text("tax_category"),
)

# Money that came in; a refund is negative and names what it gives back.
payment = Table(
    "payment",
    metadata,
    primary_id(),
    organization_id(),
    text("method"),
    minor("amount_minor"),
    text("currency"),
    Column("received_on", Date, nullable=False),
    text("note", nullable=True),
    text("source"),
    text("external_id"),
    Column("refunds_id", Uuid, ForeignKey("payment.id"), nullable=True, index=True),
    instant("recorded_at"),
    UniqueConstraint("source", "external_id"),
    CheckConstraint("method IN ('wire', 'manual', 'stripe')", name="method"),
    CheckConstraint("CASE WHEN refunds_id IS NULL THEN amount_minor > 0 ELSE amount_minor < 0 END", name="sign"),
)
Index("ix_payment_organization", payment.c.organization_id, payment.c.received_on)
Index("ix_payment_received", payment.c.received_on.desc(), payment.c.id.desc())

# What a customer has to its credit: over-payments and credit notes of what was paid; used by the next invoice.
customer_credit = Table(
    "customer_credit",
    metadata,
    primary_id(),
    organization_id(),
    text("kind"),
    minor("amount_minor"),
    text("currency"),
    Column("payment_id", Uuid, ForeignKey("payment.id"), nullable=True, index=True),
    Column("credit_note_id", Uuid, ForeignKey("credit_note.id"), nullable=True, index=True),
    Column("invoice_id", Uuid, ForeignKey("invoice.id"), nullable=True, index=True),
    instant("at"),
    CheckConstraint("kind IN ('overpayment', 'credit_note', 'used', 'given_back', 'refund')", name="kind"),
    CheckConstraint("amount_minor <> 0", name="amount"),
)
Index("ix_customer_credit_organization", customer_credit.c.organization_id, customer_credit.c.currency)

# Which part of a payment, or of a credit, settles which invoice; what is taken back is negative.
payment_allocation = Table(
    "payment_allocation",
    metadata,
    primary_id(),
    organization_id(index=True),
    _invoice_id(),
    Column("payment_id", Uuid, ForeignKey("payment.id"), nullable=True, index=True),
    Column("credit_id", Uuid, ForeignKey("customer_credit.id"), nullable=True, index=True),
    minor("amount_minor"),
    instant("allocated_at"),
    CheckConstraint("num_nonnulls(payment_id, credit_id) = 1 AND amount_minor <> 0", name="source"),
)
Index("ix_payment_allocation_invoice", payment_allocation.c.invoice_id)

# A payment that was tried and did not come.
payment_failure = Table(
    "payment_failure",
    metadata,
    primary_id(),
    organization_id(),
    Column("invoice_id", Uuid, ForeignKey("invoice.id"), nullable=True, index=True),
    text("reason"),
    text("source"),
    text("external_id"),
    instant("failed_at"),
    UniqueConstraint("source", "external_id"),
)
Index("ix_payment_failure_organization", payment_failure.c.organization_id, payment_failure.c.failed_at)
