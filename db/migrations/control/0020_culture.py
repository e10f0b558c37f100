"""Error rates to compare customers by, and health as use alone would have made it on days of the past."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0020_culture"
down_revision = "0019_releases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    for name in ("events", "errors"):
        op.add_column("culture_profile", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "health_snapshot",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("method_version", sa.Text(), nullable=False),
        sa.Column("weights_version", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("parts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("install_id", "day", name=op.f("pk_health_snapshot")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_health_snapshot_organization_id_organization")
        ),
    )
    op.create_index(op.f("ix_health_snapshot_organization_id"), "health_snapshot", ["organization_id"])
    protect("health_snapshot", vendor_only=True)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("health_snapshot")
    for name in ("errors", "events"):
        op.drop_column("culture_profile", name)
