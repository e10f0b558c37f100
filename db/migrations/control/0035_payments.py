"""Nothing yet: a place in the chain."""

revision = "0035_payments"
down_revision = "0034_chartmogul"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
