"""The versions of the metric policy, the newest of which is in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0029_metric_policy"
down_revision = "0028_subscriptions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, to which versions are added and never altered; none stands for the standard."""
    op.create_table(
        "metric_policy",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("settings", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 1", name=op.f("ck_metric_policy_version")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_metric_policy")),
    )
    protect("metric_policy", append_only=True, vendor_only=True)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("metric_policy")
