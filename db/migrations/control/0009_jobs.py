"""Tables of the job queue, as procrastinate ships them."""

from alembic import context, op
from procrastinate.schema import SchemaManager

revision = "0009_jobs"
down_revision = "0008_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the queue's tables and functions, and let the app work it."""
    # exec_driver_sql: the schema's text holds colons and percent signs that are no parameters of ours.
    schema = SchemaManager.get_schema()
    if context.is_offline_mode():
        op.execute(schema.replace(":", r"\:"))
    else:
        op.get_bind().exec_driver_sql(schema.replace("%", "%%"))
    app = context.config.attributes["app"]
    op.execute(f"""
        DO $$ DECLARE t text; BEGIN
          FOR t IN SELECT tablename FROM pg_tables
                   WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate\\_%' LOOP
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO {app}', t);
          END LOOP;
          FOR t IN SELECT sequencename FROM pg_sequences
                   WHERE schemaname = current_schema() AND sequencename LIKE 'procrastinate\\_%' LOOP
            EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %I TO {app}', t);
          END LOOP;
        END $$
    """.replace(":", r"\:"))


def downgrade() -> None:
    """Leave the queue: a job that waits is somebody's mail."""
