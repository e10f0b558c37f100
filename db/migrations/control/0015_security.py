"""The security score day by day, with its checks; each verification of the audit chains; an index for the score."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0015_security"
down_revision = "0014_limits"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "security_score_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("uncapped", sa.Double(), nullable=False),
        sa.Column("gates", _JSON, nullable=False),
        sa.Column("checks", _JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_security_score_day")),
    )
    op.create_table(
        "audit_verification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("intact", sa.Boolean(), nullable=False),
        sa.Column("organizations", sa.Integer(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("checkpoints", sa.BigInteger(), nullable=False),
        sa.Column("unsealed", sa.BigInteger(), nullable=False),
        sa.Column("breaks", _JSON, nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_verification")),
    )
    op.create_index("ix_audit_verification_at", "audit_verification", [sa.literal_column("at DESC")])
    op.create_index(
        "ix_audit_entry_of_security",
        "audit_entry",
        ["action", "at"],
        postgresql_where=sa.text(
            "action IN ('session.refused', 'password.refused', 'person.locked', 'security.reviewed')"
        ),
    )
    protect("security_score_day", vendor_only=True)
    protect("audit_verification", vendor_only=True)


def downgrade() -> None:
    """Take all of it back."""
    op.drop_index("ix_audit_entry_of_security", table_name="audit_entry")
    op.drop_table("audit_verification")
    op.drop_table("security_score_day")
