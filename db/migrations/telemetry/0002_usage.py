"""Tables of metered usage."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect_installs

revision = "0002_usage"
down_revision = "0001_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "usage_record",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("ts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("install_id", "day", "record_id", name=op.f("pk_usage_record")),
    )
    op.create_table(
        "usage_day",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("install_id", "meter", "day", name=op.f("pk_usage_day")),
    )
    protect_installs("usage_record")
    protect_installs("usage_day")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("usage_day")
    op.drop_table("usage_record")
