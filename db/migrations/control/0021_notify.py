"""Mails, outgoing webhooks and where they go."""

revision = "0021_notify"
down_revision = "0020_culture"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
