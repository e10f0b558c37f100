"""The public keys of systems that licenses came from: what they signed keeps verifying."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0024_moving_in"
down_revision = "0023_branding"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and let the app at it."""
    op.create_table(
        "trusted_key",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("scheme IN ('ed25519', 'rsa')", name=op.f("ck_trusted_key_scheme")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_trusted_key_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_trusted_key")),
    )
    protect("trusted_key", door=True, vendor_only=True)


def downgrade() -> None:
    """Drop it."""
    op.drop_table("trusted_key")
