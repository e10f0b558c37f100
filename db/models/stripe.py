"""Tables of what Stripe tells: its events as they came, its objects as last seen and what they became here."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, Uuid
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, text

# Stored before anything is done about it; its id is Stripe's, so that a second delivery finds it here.
stripe_event = Table(
    "stripe_event",
    metadata,
    text("id", primary_key=True),
    text("type"),
    instant("created"),
    text("api_version", nullable=True),
    Column("payload", Json, nullable=False),
    instant("received_at"),
    instant("processed_at", nullable=True),
    text("error", nullable=True),
    Column("tries", Integer, nullable=False, server_default=sql("0")),
)
Index("ix_stripe_event_waiting", stripe_event.c.received_at, postgresql_where=stripe_event.c.processed_at.is_(None))

# `seen_at` is when Stripe was asked for it: what was asked for later never gives way to what was asked for earlier.
stripe_object = Table(
    "stripe_object",
    metadata,
    text("kind", primary_key=True),
    text("external_id", primary_key=True),
    # What it is of: a subscription of a customer, a payment of an invoice, a refund of a payment.
    text("parent", nullable=True),
    instant("created_at", nullable=True),
    instant("seen_at"),
    Column("deleted", Boolean, nullable=False, server_default=sql("false")),
    Column("payload", Json, nullable=False),
    # What it became here: a customer, a subscription, an invoice, a payment; or why it became nothing.
    Column("organization_id", Uuid, ForeignKey("organization.id"), nullable=True, index=True),
    Column("our_id", Uuid, nullable=True),
    text("problem", nullable=True),
    CheckConstraint(
        "kind IN ('customer', 'product', 'price', 'subscription', 'subscription_item', 'invoice', 'payment', 'refund', "
        "'dispute', 'credit_note')",
        name="kind",
    ),
)
Index("ix_stripe_object_ours", stripe_object.c.our_id)
Index("ix_stripe_object_parent", stripe_object.c.kind, stripe_object.c.parent)

# How far a backfill came, by kind: the id after which it goes on.
stripe_backfill = Table(
    "stripe_backfill",
    metadata,
    text("kind", primary_key=True),
    text("cursor", nullable=True),
    Column("done", Integer, nullable=False, server_default=sql("0")),
    instant("started_at"),
    instant("finished_at", nullable=True),
    text("error", nullable=True),
)
