"""Usage against limits of each license, and limits that were agreed with one customer."""

revision = "0014_limits"
down_revision = "0013_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
