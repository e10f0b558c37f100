"""Nothing yet: a place in the chain."""

revision = "0034_chartmogul"
down_revision = "0033_reports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
