"""Tables of what goes over many invoices: asking for those that are late, and runs of a month for everybody."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Uuid
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import instant, organization_id, primary_id, text

# When an unpaid invoice is asked for, in days after it was due, and in what words.
dunning_step = Table(
    "dunning_step",
    metadata,
    Column("days", Integer, primary_key=True),
    text("subject"),
    text("words"),
    CheckConstraint("days BETWEEN 0 AND 365", name="days"),
)

# A step that was taken: written with its mail in one transaction, so that none is taken twice.
dunning_notice = Table(
    "dunning_notice",
    metadata,
    Column("invoice_id", Uuid, ForeignKey("invoice.id"), primary_key=True),
    Column("days", Integer, primary_key=True),
    organization_id(index=True),
    Column("mail_id", Uuid, nullable=True),
    instant("sent_at"),
)

invoice_run = Table(
    "invoice_run",
    metadata,
    primary_id(),
    Column("month", Date, nullable=False),
    text("stage"),
    text("started_by"),
    text("started_label"),
    Column("customers", Integer, nullable=False),
    instant("started_at"),
    instant("drafted_at", nullable=True),
    instant("finalized_at", nullable=True),
    CheckConstraint("stage IN ('drafting', 'drafted', 'finalizing', 'finalized')", name="stage"),
)
Index("ix_invoice_run_started", invoice_run.c.started_at.desc())

# One customer of a run and what became of it, written in the transaction of its invoices: a run goes on where it was
# stopped.
invoice_run_item = Table(
    "invoice_run_item",
    metadata,
    Column("run_id", Uuid, ForeignKey("invoice_run.id", ondelete="CASCADE"), primary_key=True),
    organization_id(primary_key=True),
    text("state"),
    text("reason", nullable=True),
    Column("invoice_ids", ARRAY(Uuid), nullable=False, server_default=sql("'{}'")),
    CheckConstraint("state IN ('waiting', 'drafted', 'nothing', 'refused', 'finalized')", name="state"),
)
Index(
    "ix_invoice_run_item_state", invoice_run_item.c.run_id, invoice_run_item.c.state, invoice_run_item.c.organization_id
)
