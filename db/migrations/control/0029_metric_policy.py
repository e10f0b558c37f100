"""Nothing yet: a place in the chain."""

revision = "0029_metric_policy"
down_revision = "0028_subscriptions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
