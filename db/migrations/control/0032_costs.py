"""Nothing yet: a place in the chain."""

revision = "0032_costs"
down_revision = "0031_stripe"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
