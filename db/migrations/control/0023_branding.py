"""Brands in full: whom to ask, from whom mail comes, and a logo."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0023_branding"
down_revision = "0022_upsells"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a brand lacked, and the table of logos."""
    op.create_table(
        "logo",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_logo_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_logo")),
    )
    op.create_index(op.f("ix_logo_digest"), "logo", ["digest"])
    protect("logo", door=True)
    op.drop_column("brand", "extra")
    op.add_column("brand", sa.Column("support_url", sa.Text(), nullable=True))
    op.add_column("brand", sa.Column("from_name", sa.Text(), nullable=True))


def downgrade() -> None:
    """Leave brands as they were."""
    op.drop_column("brand", "from_name")
    op.drop_column("brand", "support_url")
    op.add_column("brand", sa.Column("extra", sa.JSON(), nullable=False, server_default=sa.text("'{}'::jsonb")))
    op.drop_table("logo")
