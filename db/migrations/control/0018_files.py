"""License files and offline activations."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0018_files"
down_revision = "0017_policies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "license_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("file_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("encrypted", sa.Boolean(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("request_digest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("way IN ('person', 'install', 'request')", name=op.f("ck_license_file_way")),
        sa.CheckConstraint("(nonce IS NULL) = (request_digest IS NULL)", name=op.f("ck_license_file_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_license_file")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_license_file_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f("fk_license_file_license_id_license"), ondelete="CASCADE"
        ),
    )
    op.create_index(op.f("ix_license_file_organization_id"), "license_file", ["organization_id"])
    op.create_index(
        "ix_license_file_license", "license_file", ["license_id", sa.text("made_at DESC"), sa.text("id DESC")]
    )
    op.create_index(
        "uq_license_file_nonce",
        "license_file",
        ["license_id", "nonce"],
        unique=True,
        postgresql_where=sa.text("nonce IS NOT NULL"),
    )
    # Installations fetch their own with their secret, before anybody is known.
    protect("license_file", door=True, append_only=True)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("license_file")
