"""What ChartMogul says of MRR, export by export, for the parallel run beside our ledger."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0034_chartmogul"
down_revision = "0033_reports"
branch_labels = None
depends_on = None

TABLES = ("chartmogul_export", "chartmogul_movement")


def upgrade() -> None:
    """Add the two tables, neither of which a customer reads."""
    op.create_table(
        "chartmogul_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("books", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chartmogul_export")),
    )
    op.create_index("ix_chartmogul_export_kept", "chartmogul_export", [sa.text("kept_at DESC")])
    op.create_table(
        "chartmogul_movement",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change_minor", sa.BigInteger(), nullable=False),
        sa.Column("mrr_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation')",
            name=op.f("ck_chartmogul_movement_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["chartmogul_export.id"],
            name=op.f("fk_chartmogul_movement_export_id_chartmogul_export"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("export_id", "external_id", name=op.f("pk_chartmogul_movement")),
    )
    for table in TABLES:
        protect(table, vendor_only=True)


def downgrade() -> None:
    """Remove the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)
