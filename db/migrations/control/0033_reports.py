"""Reports that are mailed on a schedule, and which period of each has been sent."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0033_reports"
down_revision = "0032_costs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables; customers never read them."""
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("file_format", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), server_default=sa.text("'a4'"), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("recipients", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("file_format IN ('csv', 'xlsx', 'pdf')", name=op.f("ck_report_schedule_file_format")),
        sa.CheckConstraint("paper IN ('a4', 'letter')", name=op.f("ck_report_schedule_paper")),
        sa.CheckConstraint(
            "CASE rhythm WHEN 'weekly' THEN day BETWEEN 1 AND 7 WHEN 'monthly' THEN day BETWEEN 1 AND 28 "
            "ELSE false END",
            name=op.f("ck_report_schedule_day"),
        ),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_report_schedule_hour")),
        sa.CheckConstraint("cardinality(recipients) BETWEEN 1 AND 20", name=op.f("ck_report_schedule_recipients")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_report_schedule_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_report_schedule_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    for column in ("organization_id", "person_id"):
        op.create_index(op.f(f"ix_report_schedule_{column}"), "report_schedule", [column])
    op.create_index(
        "ix_report_schedule_next", "report_schedule", ["next_at"], postgresql_where=sa.text("paused IS false")
    )
    op.create_table(
        "report_sending",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_report_sending_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["report_schedule.id"],
            name=op.f("fk_report_sending_schedule_id_report_schedule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("schedule_id", "period", name=op.f("pk_report_sending")),
    )
    op.create_index(op.f("ix_report_sending_organization_id"), "report_sending", ["organization_id"])
    for table in ("report_schedule", "report_sending"):
        protect(table, vendor_only=True)


def downgrade() -> None:
    """Take both away."""
    op.drop_table("report_sending")
    op.drop_table("report_schedule")
