"""The releases of what we sell, who runs which, and who has chosen to send no telemetry."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect, shared

revision = "0019_releases"
down_revision = "0018_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "release",
        sa.Column("product", sa.Text(), server_default=sa.text("'suite'"), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supported_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notes", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("supported_until > released_at", name=op.f("ck_release_supported")),
        sa.PrimaryKeyConstraint("product", "version", name=op.f("pk_release")),
    )
    op.create_index("ix_release_released", "release", [sa.text("released_at DESC")])
    op.create_table(
        "version_week",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("installs", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("week", "version", name=op.f("pk_version_week")),
    )
    op.create_table(
        "telemetry_opt_out",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_telemetry_opt_out_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("install_id", name=op.f("pk_telemetry_opt_out")),
    )
    op.create_index("ix_telemetry_opt_out_organization_id", "telemetry_opt_out", ["organization_id"])
    shared("release")
    shared("version_week")
    protect("telemetry_opt_out", door=True)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("telemetry_opt_out")
    op.drop_table("version_week")
    op.drop_table("release")
