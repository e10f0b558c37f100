"""The releases of what we sell, and what is kept of telemetry for how long."""

revision = "0019_releases"
down_revision = "0018_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
