"""What Ask's reader may see of telemetry: counts by day and hour, never events and never who."""

from db.migrations.policies import readable

revision = "0004_reader"
down_revision = "0003_imports"
branch_labels = None
depends_on = None

READ = ("hour_rollup", "usage_day", "day_rollup")


def upgrade() -> None:
    """Open the counts to the reader."""
    for table in READ:
        readable(table)


def downgrade() -> None:
    """Take that back."""
    for table in READ:
        readable(table, take_back=True)
