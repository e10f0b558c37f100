"""What Stripe tells: its events as they came, its objects as last seen, and how far a backfill came."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from db.migrations.policies import protect

revision = "0031_stripe"
down_revision = "0030_ledger"
branch_labels = None
depends_on = None

KINDS = (
    "'customer', 'product', 'price', 'subscription', 'subscription_item', 'invoice', 'payment', 'refund', "
    "'dispute', 'credit_note'"
)
TABLES = ("stripe_event", "stripe_object", "stripe_backfill")


def upgrade() -> None:
    """Add the three tables, none of which a customer reads."""
    op.create_table(
        "stripe_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=True),
        sa.Column("payload", JSONB(none_as_null=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
    )
    op.create_index(
        "ix_stripe_event_waiting",
        "stripe_event",
        ["received_at"],
        postgresql_where=sa.text("processed_at IS NULL"),
    )
    op.create_table(
        "stripe_object",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("payload", JSONB(none_as_null=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("our_id", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_stripe_object_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_stripe_object_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("kind", "external_id", name=op.f("pk_stripe_object")),
    )
    op.create_index(op.f("ix_stripe_object_organization_id"), "stripe_object", ["organization_id"])
    op.create_index("ix_stripe_object_ours", "stripe_object", ["our_id"])
    op.create_index("ix_stripe_object_parent", "stripe_object", ["kind", "parent"])
    op.create_table(
        "stripe_backfill",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_stripe_backfill")),
    )
    for table in TABLES:
        protect(table, vendor_only=True)


def downgrade() -> None:
    """Remove the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)
