"""Tables of accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect, shared

revision = "0008_accounts"
down_revision = '0007_culture'
branch_labels = None
depends_on = None

ORDERS = ("name", "mrr", "health", "usage", "last_seen", "renewal", "limit")


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('card_mark',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_card_mark_organization_id_organization')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_card_mark'))
    )
    op.create_table('customer_card',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('segment', sa.Text(), nullable=True),
    sa.Column('owner_email', sa.Text(), nullable=True),
    sa.Column('license_id', sa.Uuid(), nullable=False),
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('tier_id', sa.Text(), nullable=False),
    sa.Column('term', sa.Text(), nullable=False),
    sa.Column('billing_period', sa.Text(), nullable=True),
    sa.Column('licenses', sa.Integer(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_check_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mrr_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('health', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('health_low', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('health_high', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('health_week_ago', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('events_30d', sa.BigInteger(), nullable=False),
    sa.Column('daily_30d', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('limit_share', sa.Numeric(precision=8, scale=4), nullable=True),
    sa.Column('limit_meter', sa.Text(), nullable=True),
    sa.Column('archetype', sa.Text(), nullable=True),
    sa.Column('sentence', sa.Text(), nullable=True),
    sa.Column('upsells', sa.Integer(), nullable=False),
    sa.Column('top_priority', sa.Text(), nullable=True),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_name', sa.Text(), nullable=False),
    sa.Column('by_mrr', sa.BigInteger(), nullable=False),
    sa.Column('by_health', sa.Integer(), nullable=False),
    sa.Column('by_usage', sa.BigInteger(), nullable=False),
    sa.Column('by_last_seen', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_renewal', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_limit', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_customer_card_organization_id_organization')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_customer_card'))
    )
    for order in ORDERS:
        op.create_index(f'ix_customer_card_{order}', 'customer_card', [f'by_{order}', 'organization_id'], unique=False)
    op.create_index('ix_customer_card_refreshed_at', 'customer_card', ['refreshed_at'], unique=False)
    protect('customer_card')
    shared('card_mark')


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('customer_card')
    op.drop_table('card_mark')
