"""Costs by rates, what watches them, and scenarios of cash; all of them the vendor's alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

from db.migrations.policies import protect

revision = "0032_costs"
down_revision = "0031_stripe"
branch_labels = None
depends_on = None

# In the order in which they go again.
TABLES = ("cash_scenario", "cost_alert", "cost_rule", "cost_rate")


def upgrade() -> None:
    """Make the tables, and let no customer see them."""
    _rates()
    _watching()
    _scenarios()
    for table in TABLES:
        protect(table, vendor_only=True)


def downgrade() -> None:
    """Forget rates, rules, alerts and scenarios; what was booked by rates stays in the ledger."""
    for table in TABLES:
        op.drop_table(table)


def _rates() -> None:
    op.create_table(
        "cost_rate",
        *_own("cost_rate"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.Numeric(38, 12), nullable=False),
        sa.Column("per", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        *_made(),
        sa.CheckConstraint("kind IN ('compute', 'storage', 'bandwidth', 'support')", name=op.f("ck_cost_rate_kind")),
        sa.CheckConstraint("unit_price > 0 AND per > 0", name=op.f("ck_cost_rate_price")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_cost_rate_days")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_cost_rate_product_id_product")),
    )
    product: sa.ColumnClause[str] = sa.literal_column("coalesce(product_id, '')")
    op.create_index("uq_cost_rate_begins", "cost_rate", ["kind", "meter", "from_on", product], unique=True)


def _watching() -> None:
    op.create_table(
        "cost_rule",
        *_own("cost_rule"),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("only", sa.Text(), nullable=True),
        sa.Column("above_minor", sa.BigInteger(), nullable=True),
        sa.Column("below_share", sa.Numeric(9, 6), nullable=True),
        *_made(),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("measure IN ('cost', 'margin', 'unusual')", name=op.f("ck_cost_rule_measure")),
        sa.CheckConstraint("\"by\" IN ('all', 'kind', 'product', 'customer')", name=op.f("ck_cost_rule_by")),
        sa.CheckConstraint("(measure = 'cost') = (above_minor IS NOT NULL)", name=op.f("ck_cost_rule_amount")),
        sa.CheckConstraint("(measure = 'margin') = (below_share IS NOT NULL)", name=op.f("ck_cost_rule_share")),
    )
    op.create_table(
        "cost_alert",
        *_own("cost_alert"),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Numeric(12, 6), nullable=True),
        sa.Column("usual_minor", sa.BigInteger(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fell_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["rule_id"], ["cost_rule.id"], name=op.f("fk_cost_alert_rule_id_cost_rule")),
    )
    op.create_index(
        "uq_cost_alert_held",
        "cost_alert",
        ["rule_id", "subject"],
        unique=True,
        postgresql_where=sa.text("fell_at IS NULL"),
    )
    op.create_index("ix_cost_alert_raised_at", "cost_alert", [sa.literal_column("raised_at DESC")], unique=False)


def _scenarios() -> None:
    op.create_table(
        "cash_scenario",
        *_own("cash_scenario"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("levers", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        sa.Column("foreseen", sa.ARRAY(sa.BigInteger()), nullable=False),
        *_made(),
    )
    lower: sa.ColumnClause[str] = sa.literal_column("lower(name)")
    op.create_index("uq_cash_scenario_name", "cash_scenario", ["organization_id", lower], unique=True)


def _own(table: str) -> list[SchemaItem]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f(f"fk_{table}_organization_id_organization")
        ),
    ]


def _made() -> list[SchemaItem]:
    return [
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    ]
