"""Imports with their rows, support tickets, and the day that imported books are looked at."""

revision = "0013_imports"
down_revision = "0012_costs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
