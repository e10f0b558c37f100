"""Nothing yet: a place in the chain."""

revision = "0033_reports"
down_revision = "0032_costs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
