"""Cost entries and the cash ledger."""

revision = "0012_costs"
down_revision = "0011_products"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
