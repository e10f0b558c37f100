"""Licenses that another system signed."""

revision = "0024_moving_in"
down_revision = "0023_branding"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
