"""Nothing yet: a place in the chain."""

revision = "0027_invoices"
down_revision = "0026_prices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change nothing."""


def downgrade() -> None:
    """Change nothing."""
