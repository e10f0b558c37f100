"""Nothing yet: a place in the chain."""

revision = "0030_ledger"
down_revision = "0029_metric_policy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
