"""Imports with their rows, support tickets, and the day that imported books are looked at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0013_imports"
down_revision = "0012_costs"
branch_labels = None
depends_on = None


def _organization(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_organization_id_organization")
    return sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=name)


def _instant(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, **options: object) -> sa.Column:
    return sa.Column(name, sa.Text(), **{"nullable": False, **options})


def upgrade() -> None:
    """Make the tables and let the app at them; imports are the vendor's own affair."""
    op.create_table(
        "viewpoint",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        _instant("at"),
        _text("source"),
        _instant("set_at"),
        _organization("viewpoint"),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_viewpoint")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        *(_text(name) for name in ("books", "mapping_name", "mapping", "state", "started_by")),
        _instant("created_at"),
        *(_instant(name, nullable=True) for name in ("started_at", "finished_at", "as_of")),
        _text("stage", server_default=sa.text("''")),
        *(sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False) for name in ("done", "total")),
        sa.Column("summary", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        _text("failure", nullable=True),
        sa.CheckConstraint(
            "state IN ('checked', 'queued', 'running', 'done', 'failed')", name=op.f("ck_import_run_state")
        ),
        _organization("import_run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_created", "import_run", [sa.literal_column("created_at DESC")], unique=False)
    op.create_table(
        "import_file",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        _text("name"),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_file_import_id_import_run"), ondelete="CASCADE"
        ),
        _organization("import_file"),
        sa.PrimaryKeyConstraint("import_id", "name", name=op.f("pk_import_file")),
    )
    op.create_table(
        "import_row",
        *(_text(name) for name in ("books", "source", "external_id")),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _text("outcome"),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("outcome IN ('imported', 'doubtful')", name=op.f("ck_import_row_outcome")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_row_import_id_import_run")),
        _organization("import_row"),
        sa.PrimaryKeyConstraint("books", "source", "external_id", name=op.f("pk_import_row")),
    )
    op.create_index(op.f("ix_import_row_organization_id"), "import_row", ["organization_id"], unique=False)
    _support()
    for table in ("viewpoint", "import_run", "import_file", "import_row", "churn_event"):
        protect(table, vendor_only=True)
    protect("support_ticket")


def _support() -> None:
    op.create_table(
        "support_ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        _text("reference"),
        _text("subject", server_default=sa.text("''")),
        _text("priority"),
        _instant("submitted_at"),
        _instant("closed_at", nullable=True),
        sa.Column("response_minutes", sa.BigInteger(), nullable=True),
        sa.Column("satisfaction", sa.SmallInteger(), nullable=True),
        sa.Column("escalated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "priority IN ('low', 'medium', 'high', 'urgent')", name=op.f("ck_support_ticket_priority")
        ),
        sa.CheckConstraint("response_minutes >= 0", name=op.f("ck_support_ticket_response_minutes")),
        sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name=op.f("ck_support_ticket_satisfaction")),
        sa.CheckConstraint("closed_at >= submitted_at", name=op.f("ck_support_ticket_closed_after_submitted")),
        _organization("support_ticket"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_ticket")),
    )
    op.create_index(
        "ix_support_ticket_organization", "support_ticket", ["organization_id", "submitted_at"], unique=False
    )
    op.create_index("ix_support_ticket_submitted", "support_ticket", ["submitted_at"], unique=False)
    op.create_table(
        "churn_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        _instant("at"),
        _text("reason"),
        _text("feedback", server_default=sa.text("''")),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        _text("currency"),
        sa.Column("reactivation", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _organization("churn_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_churn_event")),
    )
    op.create_index("ix_churn_event_organization", "churn_event", ["organization_id", "at"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("churn_event", "support_ticket", "import_row", "import_file", "import_run", "viewpoint"):
        op.drop_table(table)
