"""Nothing yet: a place in the chain."""

revision = "0026_prices"
down_revision = "0025_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
