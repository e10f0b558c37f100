"""Tables of telemetry."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect_installs

revision = "0001_events"
down_revision = None
branch_labels = None
depends_on = None

# The app's login owns no table, so it asks the owner's two functions for partitions; both refuse days out of reason.
# A child is made beside its parent and attached, since CREATE TABLE … PARTITION OF would lock ingest out meanwhile.
ENSURE = """
CREATE FUNCTION ensure_event_partition(wanted date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    child text := 'event_' || to_char(wanted, 'YYYYMMDD');
BEGIN
    IF wanted IS NULL OR wanted NOT BETWEEN current_date - 4000 AND current_date + 60 THEN
        RAISE EXCEPTION 'no partition is made for %: it lies too far from today', wanted USING ERRCODE = '22008';
    END IF;
    -- Asked of pg_class, which is read anew, and not of to_regclass, whose cache outlives the wait for the lock.
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = 'public'::regnamespace) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('public.event partitions'));
    IF EXISTS (SELECT FROM pg_class WHERE relname = child AND relnamespace = 'public'::regnamespace) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.event INCLUDING ALL)', child);
    EXECUTE format('ALTER TABLE public.event ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   child, wanted, wanted + 1);
    RETURN true;
END $$
"""

DROP = """
CREATE FUNCTION drop_event_partitions(before date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    child text;
    dropped integer := 0;
BEGIN
    IF before IS NULL OR before > current_date - 30 THEN
        RAISE EXCEPTION 'events of the last 30 days are never dropped, and % is later', before USING ERRCODE = '22008';
    END IF;
    FOR child IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.event'::regclass AND c.relname ~ '^event_[0-9]{8}$'
          AND c.relname < 'event_' || to_char(before, 'YYYYMMDD')
        ORDER BY c.relname
    LOOP
        EXECUTE format('DROP TABLE public.%I', child);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$
"""


def _for_the_app(function: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {context.config.attributes['app']}")


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('actor_rollup',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('events', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('minutes', postgresql.BIT(length=1440), nullable=False),
    sa.PrimaryKeyConstraint('install_id', 'day', 'actor', name=op.f('pk_actor_rollup'))
    )
    op.create_table('dirty_install',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_event_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('install_id', name=op.f('pk_dirty_install'))
    )
    op.create_index('ix_dirty_install_marked_at', 'dirty_install', ['marked_at'], unique=False)
    op.create_table('event',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('event_id', sa.Text(), nullable=False),
    sa.Column('ts', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('feature', sa.Text(), nullable=True),
    sa.Column('actor', sa.Text(), nullable=True),
    sa.Column('session', sa.Text(), nullable=True),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('ms', sa.Integer(), nullable=True),
    sa.Column('agent', sa.Text(), nullable=True),
    sa.Column('domain', sa.Text(), nullable=True),
    sa.Column('version', sa.Text(), nullable=True),
    sa.Column('zone', sa.Text(), nullable=True),
    sa.Column('props', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.PrimaryKeyConstraint('install_id', 'day', 'event_id', name=op.f('pk_event')),
    postgresql_partition_by='RANGE (day)'
    )
    op.create_table('facet_rollup',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('events', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('errors', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('install_id', 'day', 'kind', 'value', name=op.f('pk_facet_rollup'))
    )
    op.create_table('feature_actor_rollup',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('feature', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('events', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('denied', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('install_id', 'day', 'feature', 'actor', name=op.f('pk_feature_actor_rollup'))
    )
    op.create_table('feature_rollup',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('feature', sa.Text(), nullable=False),
    sa.Column('events', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('errors', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('denied', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('install_id', 'day', 'feature', name=op.f('pk_feature_rollup'))
    )
    op.create_table('hour_rollup',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('events', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('api_calls', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('errors', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('timed', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('ms_sum', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('install_id', 'hour', name=op.f('pk_hour_rollup'))
    )
    op.create_table('ingest_quota',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('accepted', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('duplicates', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('refused', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('late', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('ahead', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('install_id', 'day', name=op.f('pk_ingest_quota'))
    )
    protect_installs('event')
    protect_installs('hour_rollup')
    protect_installs('feature_rollup')
    protect_installs('actor_rollup')
    protect_installs('feature_actor_rollup')
    protect_installs('facet_rollup')
    protect_installs('ingest_quota')
    protect_installs('dirty_install')
    op.execute(ENSURE)
    op.execute(DROP)
    _for_the_app('ensure_event_partition(date)')
    _for_the_app('drop_event_partitions(date)')


def downgrade() -> None:
    """Drop the functions and tables."""
    op.execute('DROP FUNCTION drop_event_partitions(date)')
    op.execute('DROP FUNCTION ensure_event_partition(date)')
    op.drop_table('ingest_quota')
    op.drop_table('hour_rollup')
    op.drop_table('feature_rollup')
    op.drop_table('feature_actor_rollup')
    op.drop_table('facet_rollup')
    op.drop_table('event')
    op.drop_table('dirty_install')
    op.drop_table('actor_rollup')
