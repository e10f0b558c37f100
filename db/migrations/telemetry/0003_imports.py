"""Use that is reported by the day, without a time of day."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect_installs

revision = "0003_imports"
down_revision = "0002_usage"
branch_labels = None
depends_on = None


def _counts() -> list[sa.Column]:
    names = ("events", "errors", "seconds")
    return [sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in names]


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "daily_use",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("feature", sa.Text(), nullable=False),
        *_counts(),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("install_id", "record_id", name=op.f("pk_daily_use")),
    )
    op.create_table(
        "day_rollup",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_counts(),
        sa.PrimaryKeyConstraint("install_id", "day", name=op.f("pk_day_rollup")),
    )
    for table in ("daily_use", "day_rollup"):
        protect_installs(table)
        # No install reports by the day itself, so the ingest door has no business here.
        op.execute(f"DROP POLICY door ON {table}")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("day_rollup")
    op.drop_table("daily_use")
