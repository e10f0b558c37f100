"""The ledger's days: what each day's movements add up to, kept by the database beside every movement."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0030_ledger"
down_revision = "0029_metric_policy"
branch_labels = None
depends_on = None

# Rows are only ever added, in the transaction of the movements they repeat: two who append on the same day wait for
# nobody, and can't deadlock. A day's rows add up; what was taken out (a demo world) is a row that takes it back.
TRIGGERS = (
    """
    CREATE FUNCTION movement_days() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        sign integer := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
    BEGIN
        INSERT INTO movement_day (day, tier_id, currency, kind, minor, movements)
        SELECT day, tier_id, currency, kind, sign * sum(minor), sign * sum(movements) FROM (
            SELECT (effective_at AT TIME ZONE 'UTC')::date AS day, tier_id, currency, kind,
                   mrr_change_minor AS minor, 1 AS movements FROM changed
            UNION ALL
            SELECT (effective_at AT TIME ZONE 'UTC')::date, tier_id, currency, 'transfer', moved_minor, 0
            FROM changed WHERE from_tier_id <> tier_id
            UNION ALL
            SELECT (effective_at AT TIME ZONE 'UTC')::date, from_tier_id, currency, 'transfer', -moved_minor, 0
            FROM changed WHERE from_tier_id <> tier_id
        ) AS leg
        GROUP BY day, tier_id, currency, kind;
        INSERT INTO mrr_day (day, currency, minor, movements)
        SELECT (effective_at AT TIME ZONE 'UTC')::date, currency, sign * sum(mrr_change_minor), sign * count(*)
        FROM changed GROUP BY 1, 2;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER movement_days AFTER INSERT ON movement
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION movement_days()
    """,
    """
    CREATE TRIGGER movement_days_gone AFTER DELETE ON movement
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION movement_days()
    """,
)
# What stands, counted once; the same sums as those of the trigger.
STANDING = (
    """
    INSERT INTO movement_day (day, tier_id, currency, kind, minor, movements)
    SELECT day, tier_id, currency, kind, sum(minor), sum(movements) FROM (
        SELECT (effective_at AT TIME ZONE 'UTC')::date AS day, tier_id, currency, kind,
               mrr_change_minor AS minor, 1 AS movements FROM movement
        UNION ALL
        SELECT (effective_at AT TIME ZONE 'UTC')::date, tier_id, currency, 'transfer', moved_minor, 0
        FROM movement WHERE from_tier_id <> tier_id
        UNION ALL
        SELECT (effective_at AT TIME ZONE 'UTC')::date, from_tier_id, currency, 'transfer', -moved_minor, 0
        FROM movement WHERE from_tier_id <> tier_id
    ) AS leg
    GROUP BY day, tier_id, currency, kind
    """,
    """
    INSERT INTO mrr_day (day, currency, minor, movements)
    SELECT (effective_at AT TIME ZONE 'UTC')::date, currency, sum(mrr_change_minor), count(*) FROM movement GROUP BY 1, 2
    """,
)


def upgrade() -> None:
    """Make the tables, count what stands, and let the database keep them from then on."""
    op.create_table(
        "movement_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("movements", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movement_day")),
    )
    op.create_table(
        "mrr_day",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("movements", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mrr_day")),
    )
    op.create_index("ix_movement_day_day", "movement_day", ["day"])
    op.create_index("ix_mrr_day_day", "mrr_day", ["day"])
    for table in ("movement_day", "mrr_day"):
        protect(table, vendor_only=True)
    # Held until the commit, so that nobody appends between the count and the trigger.
    op.execute("LOCK TABLE movement IN SHARE ROW EXCLUSIVE MODE")
    for statement in (*STANDING, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables."""
    op.execute("DROP TRIGGER movement_days_gone ON movement")
    op.execute("DROP TRIGGER movement_days ON movement")
    op.execute("DROP FUNCTION movement_days()")
    op.drop_table("mrr_day")
    op.drop_table("movement_day")
