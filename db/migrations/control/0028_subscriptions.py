"""Phases, discounts and chains of subscriptions, and the changes that are agreed for a later day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0028_subscriptions"
down_revision = "0027_invoices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; every subscription that stands is active, undiscounted and the first of its chain."""
    text = {"nullable": False}
    op.add_column("subscription", sa.Column("agreement_id", sa.Uuid(), nullable=True))
    op.add_column("subscription", sa.Column("phase", sa.Text(), server_default=sa.text("'active'"), **text))
    op.add_column("subscription", sa.Column("percent_off", sa.Numeric(9, 6), server_default=sa.text("0"), **text))
    op.add_column("subscription", sa.Column("minor_off", sa.BigInteger(), server_default=sa.text("0"), **text))
    op.add_column("subscription", sa.Column("coupon_duration", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_subscription_agreement_id_subscription"), "subscription", "subscription", ["agreement_id"], ["id"]
    )
    op.create_index(op.f("ix_subscription_agreement_id"), "subscription", ["agreement_id"])
    op.create_check_constraint(op.f("ck_subscription_phase"), "subscription", "phase IN ('trial', 'active', 'paused')")
    op.create_check_constraint(
        op.f("ck_subscription_off"),
        "subscription",
        "percent_off BETWEEN 0 AND 100 AND minor_off >= 0 "
        "AND (coupon_duration IS NULL) = (percent_off = 0 AND minor_off = 0)",
    )
    op.create_check_constraint(
        op.f("ck_subscription_coupon_duration"), "subscription", "coupon_duration IN ('once', 'repeating', 'forever')"
    )
    op.create_table(
        "scheduled_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terms", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "act IN ('change', 'pause', 'resume', 'cancel', 'convert', 'coupon', 'coupon_end')",
            name=op.f("ck_scheduled_change_act"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'withdrawn', 'refused')", name=op.f("ck_scheduled_change_state")
        ),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name=op.f("ck_scheduled_change_settled")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_scheduled_change_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["subscription.id"], name=op.f("fk_scheduled_change_agreement_id_subscription")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_change")),
    )
    op.create_index(op.f("ix_scheduled_change_organization_id"), "scheduled_change", ["organization_id"])
    op.create_index("ix_scheduled_change_agreement", "scheduled_change", ["agreement_id"])
    op.create_index(
        "ix_scheduled_change_due", "scheduled_change", ["due_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index(
        "uq_scheduled_change_waiting",
        "scheduled_change",
        ["agreement_id", "act"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    protect("scheduled_change")


def downgrade() -> None:
    """Drop the columns and the table."""
    op.drop_table("scheduled_change")
    for name in ("coupon_duration", "off", "phase"):
        op.drop_constraint(op.f(f"ck_subscription_{name}"), "subscription")
    for name in ("coupon_duration", "minor_off", "percent_off", "phase", "agreement_id"):
        op.drop_column("subscription", name)
