"""Mails, outgoing webhooks and where they go."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0021_notify"
down_revision = "0020_culture"
branch_labels = None
depends_on = None

VENDORS = (
    "limit_notice",
    "digest_subscription",
    "destination",
    "happening",
    "happening_mark",
    "delivery",
    "delivery_attempt",
)


def _id() -> sa.Column:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _owned(table: str) -> tuple:
    name = op.f(f"fk_{table}_organization_id_organization")
    return (
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=name),
    )


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete="CASCADE"
    )


def _text(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _instant(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _attempts() -> sa.Column:
    return sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False)


def _json(name: str) -> sa.Column:
    return sa.Column(name, postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False)


def upgrade() -> None:
    """Make the tables and let the app at them."""
    _mail()
    _customers()
    _destinations()
    # A customer's own transactions may write mails to their own people; everything else is the vendor's.
    protect("mail")
    for table in VENDORS:
        protect(table, vendor_only=True)


def _mail() -> None:
    op.create_table(
        "mail",
        _id(),
        *_owned("mail"),
        *_text("recipient", "subject", "text", "html", "template", "from_name"),
        *_text("reply_to", "unsubscribe", nullable=True),
        *_text("state"),
        _attempts(),
        *_text("error", "once", nullable=True),
        *_instant("made_at"),
        *_instant("next_at", "sent_at", nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'kept')", name=op.f("ck_mail_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index(op.f("ix_mail_organization_id"), "mail", ["organization_id"])
    op.create_index("uq_mail_once", "mail", ["once"], unique=True)
    op.create_index("ix_mail_made_at", "mail", [sa.literal_column("made_at DESC"), sa.literal_column("id DESC")])
    op.create_index("ix_mail_waiting", "mail", ["next_at"], postgresql_where=sa.text("state = 'waiting'"))


def _customers() -> None:
    op.create_table(
        "limit_notice",
        _id(),
        *_owned("limit_notice"),
        sa.Column("license_id", sa.Uuid(), nullable=False),
        *_text("meter"),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("share", sa.Numeric(12, 4), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        *_instant("crossed_at"),
        *_instant("fallen_at", nullable=True),
        _of("limit_notice", "license_id", "license"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_notice")),
    )
    op.create_index(op.f("ix_limit_notice_organization_id"), "limit_notice", ["organization_id"])
    op.create_index(
        "uq_limit_notice_open",
        "limit_notice",
        ["license_id", "meter", "level"],
        unique=True,
        postgresql_where=sa.text("fallen_at IS NULL"),
    )
    op.create_index("ix_limit_notice_crossed_at", "limit_notice", ["crossed_at"])
    op.create_table(
        "digest_subscription",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        *_owned("digest_subscription"),
        *_text("rhythm"),
        *_instant("since"),
        *_instant("last_at", nullable=True),
        sa.CheckConstraint("rhythm IN ('weekly', 'daily')", name=op.f("ck_digest_subscription_rhythm")),
        _of("digest_subscription", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_digest_subscription")),
    )


def _destinations() -> None:
    kinds = "kind IN ('webhook', 'slack', 'hubspot', 'salesforce')"
    op.create_table(
        "destination",
        _id(),
        *_owned("destination"),
        *_text("kind", "name", "url"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_text("disabled_reason", nullable=True),
        *_text("made_by"),
        *_instant("made_at"),
        *_instant("failing_since", "delivered_at", nullable=True),
        sa.CheckConstraint(kinds, name=op.f("ck_destination_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destination")),
    )
    op.create_table(
        "happening",
        _id(),
        *_owned("happening"),
        *_text("key", "type", "subject"),
        *_instant("at"),
        _json("data"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_happening")),
    )
    op.create_index(op.f("ix_happening_organization_id"), "happening", ["organization_id"])
    op.create_index("uq_happening_key", "happening", ["key"], unique=True)
    op.create_index("ix_happening_at", "happening", ["at"])
    op.create_table(
        "happening_mark",
        *_owned("happening_mark"),
        *_instant("at"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_happening_mark")),
    )
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "delivery",
        _id(),
        *_owned("delivery"),
        sa.Column("destination_id", sa.Uuid(), nullable=False),
        sa.Column("happening_id", sa.Uuid(), nullable=True),
        *_text("type"),
        _json("body"),
        *_text("state"),
        _attempts(),
        sa.Column("status", sa.Integer(), nullable=True),
        *_text("error", nullable=True),
        *_instant("made_at"),
        *_instant("next_at", "finished_at", nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name=op.f("ck_delivery_state")),
        _of("delivery", "destination_id", "destination"),
        _of("delivery", "happening_id", "happening"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_happening_id"), "delivery", ["happening_id"])
    op.create_index("uq_delivery_happening", "delivery", ["destination_id", "happening_id"], unique=True)
    newest = [sa.literal_column("made_at DESC"), sa.literal_column("id DESC")]
    op.create_index("ix_delivery_made_at", "delivery", ["destination_id", *newest])
    op.create_index("ix_delivery_waiting", "delivery", ["next_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *_owned("delivery_attempt"),
        *_instant("at"),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        *_text("excerpt"),
        *_text("error", nullable=True),
        _of("delivery_attempt", "delivery_id", "delivery"),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_attempt")),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("mail", *reversed(VENDORS)):
        op.drop_table(table)
