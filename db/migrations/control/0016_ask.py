"""Questions that were asked, and what the reader's login may see."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect, readable

revision = "0016_ask"
down_revision = "0015_security"
branch_labels = None
depends_on = None

# What the sources of the catalogue read. Nothing of people, sessions, secrets, keys, audit or jobs.
READ = (
    "customer_card",
    "upsell",
    "tier",
    "tier_limit",
    "price",
    "subscription",
    "movement",
    "fx_rate",
    "product",
    "tier_product",
    "cost_entry",
    "cash_entry",
    "support_ticket",
    "security_score_day",
)
# Of an organization what it is, not what is noted about it.
ORGANIZATION = ("id", "name", "realm", "country", "segment", "owner_email", "demo", "created_at", "archived_at")
# Of a license everything but what it proves itself with.
LICENSE = (
    "id", "organization_id", "install_id", "tier_id", "term", "billing_period", "issued_at", "starts_at", "expires_at",
    "suspended_at", "revoked_at", "converted_at", "max_installs", "max_seats", "first_verified_at", "last_check_in_at",
    "check_in_days", "expiry_strategy",
)  # fmt: skip


def upgrade() -> None:
    """Make the table and let the app at it; open to the reader what it reads."""
    op.create_table(
        "question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("read_by", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("query", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("options", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("sql", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("truncated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("elapsed_ms", sa.Integer(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.CheckConstraint("outcome IN ('ANSWER', 'CLARIFY', 'ABSTAIN', 'REFUSE')", name=op.f("ck_question_outcome")),
        sa.CheckConstraint("read_by IN ('grammar', 'model', 'person')", name=op.f("ck_question_read_by")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_question_organization_id_organization")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index("ix_question_actor", "question", ["actor_id", "asked_at"], unique=False)
    op.create_index("ix_question_conversation", "question", ["conversation_id", "asked_at"], unique=False)
    protect("question", vendor_only=True, append_only=True)
    for table in READ:
        readable(table)
    readable("organization", ORGANIZATION)
    readable("license", LICENSE)


def downgrade() -> None:
    """Drop the table and take back what the reader was given."""
    op.drop_table("question")
    for table in READ:
        readable(table, take_back=True)
    readable("organization", ORGANIZATION, take_back=True)
    readable("license", LICENSE, take_back=True)
