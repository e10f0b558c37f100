"""What sales does with its list."""

revision = "0022_upsells"
down_revision = "0021_notify"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
