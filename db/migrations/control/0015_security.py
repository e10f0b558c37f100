"""The security score day by day, with its checks."""

revision = "0015_security"
down_revision = "0014_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
