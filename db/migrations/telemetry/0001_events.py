"""Tables of telemetry."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect_installs

revision = "0001_events"
down_revision = None
branch_labels = None
depends_on = None


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
    sa.PrimaryKeyConstraint('install_id', 'day', 'feature', name=op.f('pk_feature_rollup'))
    )
    op.create_table('hour_rollup',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('events', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('api_calls', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('errors', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('late', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
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


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('ingest_quota')
    op.drop_table('hour_rollup')
    op.drop_table('feature_rollup')
    op.drop_table('feature_actor_rollup')
    op.drop_table('facet_rollup')
    op.drop_table('event')
    op.drop_table('dirty_install')
    op.drop_table('actor_rollup')
