"""Nothing yet: a place in the chain."""

revision = "0031_stripe"
down_revision = "0030_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
