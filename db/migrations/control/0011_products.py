"""Products that the vendor sells, and each tier's share of them."""

revision = "0011_products"
down_revision = "0010_tiers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
