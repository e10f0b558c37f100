"""Usage against limits of each license, and limits that were agreed with one customer."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0014_limits"
down_revision = "0013_imports"
branch_labels = None
depends_on = None

TABLES = ("limit_override", "usage_standing", "usage_place")


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "limit_override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.CheckConstraint("highest >= 0", name=op.f("ck_limit_override_highest")),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_limit_override_ends")),
        *_keys("limit_override", "id"),
    )
    op.create_table(
        "usage_standing",
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("current", sa.BigInteger(), nullable=True),
        sa.Column("busy", sa.BigInteger(), nullable=True),
        sa.Column("highest", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("share", sa.Numeric(12, 4), nullable=True),
        sa.Column("spike", sa.Boolean(), nullable=False),
        sa.Column("forecast", sa.Boolean(), nullable=False),
        sa.Column("days_p10", sa.Integer(), nullable=True),
        sa.Column("days_p50", sa.Integer(), nullable=True),
        sa.Column("days_p90", sa.Integer(), nullable=True),
        sa.Column("change", sa.Numeric(12, 4), nullable=True),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        *_keys("usage_standing", "license_id", "meter"),
    )
    op.create_table(
        "usage_place",
        sa.Column("license_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("over", sa.Boolean(), nullable=False),
        sa.Column("near", sa.Boolean(), nullable=False),
        sa.Column("jumping", sa.Boolean(), nullable=False),
        sa.Column("by_share", sa.Integer(), nullable=False),
        sa.Column("by_days", sa.Integer(), nullable=False),
        sa.Column("by_change", sa.Integer(), nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        *_keys("usage_place", "license_id"),
    )
    op.create_index("ix_limit_override_license", "limit_override", ["license_id", "meter"])
    for order in ("share", "days", "change"):
        op.create_index(f"ix_usage_place_{order}", "usage_place", [f"by_{order}", "license_id"])
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_organization_id"), table, ["organization_id"])
        # Verification tells the limits in force before anybody is known.
        protect(table, door=table == "limit_override")


def _keys(table: str, *primary: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint(*primary, name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f(f"fk_{table}_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["license_id"], ["license.id"], name=op.f(f"fk_{table}_license_id_license"), ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in reversed(TABLES):
        op.drop_table(table)
