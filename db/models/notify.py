"""Tables of what leaves the house: mails, notices of limits, digests, destinations, what happened, deliveries."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, organization_id, primary_id, text

# The outbox of mails: one row a recipient, written in the transaction that causes it.
mail = Table(
    "mail",
    metadata,
    primary_id(),
    # Whose people it goes to: the vendor's own, or a customer's.
    organization_id(index=True),
    text("recipient"),
    text("subject"),
    text("text"),
    text("html"),
    text("template"),
    # The name before the sender's address, and where answers go: the brand's.
    text("from_name"),
    text("reply_to", nullable=True),
    text("unsubscribe", nullable=True),
    text("state"),
    Column("attempts", Integer, nullable=False, server_default=sql("0")),
    text("error", nullable=True),
    text("once", nullable=True),
    instant("made_at"),
    instant("next_at", nullable=True),
    instant("sent_at", nullable=True),
    CheckConstraint("state IN ('waiting', 'sent', 'failed', 'kept')", name="state"),
)
Index("uq_mail_once", mail.c.once, unique=True)
Index("ix_mail_made_at", mail.c.made_at.desc(), mail.c.id.desc())
Index("ix_mail_waiting", mail.c.next_at, postgresql_where=mail.c.state == "waiting")

# A file that goes with a mail, and goes when the mail does.
mail_attachment = Table(
    "mail_attachment",
    metadata,
    primary_id(),
    Column("mail_id", Uuid, ForeignKey("mail.id", ondelete="CASCADE"), nullable=False, index=True),
    organization_id(index=True),
    text("name"),
    text("media_type"),
    Column("content", LargeBinary, nullable=False),
)

# A level of a limit that a license has crossed: told once, and again only after use has fallen well below it.
limit_notice = Table(
    "limit_notice",
    metadata,
    primary_id(),
    organization_id(index=True),
    Column("license_id", Uuid, ForeignKey("license.id", ondelete="CASCADE"), nullable=False),
    text("meter"),
    # In percent of the limit.
    Column("level", SmallInteger, nullable=False),
    Column("share", Numeric(12, 4), nullable=False),
    # How many were told of it; 0 where it was only marked.
    Column("mails", Integer, nullable=False),
    instant("crossed_at"),
    instant("fallen_at", nullable=True),
)
Index(
    "uq_limit_notice_open",
    limit_notice.c.license_id,
    limit_notice.c.meter,
    limit_notice.c.level,
    unique=True,
    postgresql_where=limit_notice.c.fallen_at.is_(None),
)
Index("ix_limit_notice_crossed_at", limit_notice.c.crossed_at)

digest_subscription = Table(
    "digest_subscription",
    metadata,
    Column("person_id", Uuid, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    organization_id(),
    text("rhythm"),
    instant("since"),
    instant("last_at", nullable=True),
    CheckConstraint("rhythm IN ('weekly', 'daily')", name="rhythm"),
)

# Where what happens is sent to. `sealed` holds secrets, encrypted with a key that is not in the database.
destination = Table(
    "destination",
    metadata,
    primary_id(),
    organization_id(),
    text("kind"),
    text("name"),
    text("url"),
    Column("sealed", LargeBinary, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("enabled", Boolean, nullable=False),
    text("disabled_reason", nullable=True),
    text("made_by"),
    instant("made_at"),
    instant("failing_since", nullable=True),
    instant("delivered_at", nullable=True),
    CheckConstraint("kind IN ('webhook', 'slack', 'hubspot', 'salesforce')", name="kind"),
)

# What happened that somebody outside may hear of, under a key, so that it is found once however often it is looked for.
happening = Table(
    "happening",
    metadata,
    primary_id(),
    organization_id(index=True),
    text("key"),
    text("type"),
    # What it is about: an upsell's id, or an install's.
    text("subject"),
    instant("at"),
    Column("data", Json, nullable=False),
)
Index("uq_happening_key", happening.c.key, unique=True)
Index("ix_happening_at", happening.c.at)

# Until when it was looked for; of the vendor's organization.
happening_mark = Table(
    "happening_mark",
    metadata,
    organization_id(primary_key=True),
    instant("at"),
)

# One thing on its way to one destination. Its id is what the receiver knows it by, however often it is sent.
delivery = Table(
    "delivery",
    metadata,
    primary_id(),
    organization_id(),
    Column("destination_id", Uuid, ForeignKey("destination.id", ondelete="CASCADE"), nullable=False),
    # None: a test that a person sent.
    Column("happening_id", Uuid, ForeignKey("happening.id", ondelete="CASCADE"), nullable=True, index=True),
    text("type"),
    Column("body", Json, nullable=False),
    text("state"),
    Column("attempts", Integer, nullable=False, server_default=sql("0")),
    Column("status", Integer, nullable=True),
    text("error", nullable=True),
    instant("made_at"),
    instant("next_at", nullable=True),
    instant("finished_at", nullable=True),
    CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name="state"),
)
Index("uq_delivery_happening", delivery.c.destination_id, delivery.c.happening_id, unique=True)
Index("ix_delivery_made_at", delivery.c.destination_id, delivery.c.made_at.desc(), delivery.c.id.desc())
Index("ix_delivery_waiting", delivery.c.next_at, postgresql_where=delivery.c.state == "waiting")

delivery_attempt = Table(
    "delivery_attempt",
    metadata,
    Column("delivery_id", Uuid, ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    organization_id(),
    instant("at"),
    Column("milliseconds", Integer, nullable=False),
    Column("status", Integer, nullable=True),
    # The first of what was answered.
    text("excerpt"),
    text("error", nullable=True),
)
