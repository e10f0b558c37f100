"""Nothing yet: a place in the chain."""

revision = "0028_subscriptions"
down_revision = "0027_invoices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
