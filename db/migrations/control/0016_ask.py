"""Questions that were asked, and what the reader's login may see."""

revision = "0016_ask"
down_revision = "0015_security"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
