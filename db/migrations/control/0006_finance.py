"""Tables of finance."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect, shared

revision = "0006_finance"
down_revision = '0005_billing'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('movement',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('subscription_id', sa.Uuid(), nullable=True),
    sa.Column('tier_id', sa.Text(), nullable=False),
    sa.Column('from_tier_id', sa.Text(), nullable=True),
    sa.Column('moved_minor', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('effective_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mrr_change_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('new', 'expansion', 'contraction', 'churn', 'reactivation', 'transfer')", name=op.f('ck_movement_kind')),
    sa.CheckConstraint("CASE WHEN kind IN ('new', 'expansion', 'reactivation') THEN mrr_change_minor > 0 WHEN kind IN ('contraction', 'churn') THEN mrr_change_minor < 0 ELSE mrr_change_minor = 0 END", name=op.f('ck_movement_sign')),
    sa.CheckConstraint("(from_tier_id IS NULL) = (moved_minor = 0) AND moved_minor >= 0", name=op.f('ck_movement_moved')),
    sa.ForeignKeyConstraint(['from_tier_id'], ['tier.id'], name=op.f('fk_movement_from_tier_id_tier')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_movement_organization_id_organization')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_movement_subscription_id_subscription')),
    sa.ForeignKeyConstraint(['tier_id'], ['tier.id'], name=op.f('fk_movement_tier_id_tier')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_movement'))
    )
    op.create_index('ix_movement_effective', 'movement', ['effective_at'], unique=False)
    op.create_index('ix_movement_organization_effective', 'movement', ['organization_id', 'effective_at'], unique=False)
    op.create_table('fx_rate',
    sa.Column('base', sa.Text(), nullable=False),
    sa.Column('quote', sa.Text(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('rate', sa.Numeric(precision=38, scale=12), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.CheckConstraint('rate > 0', name=op.f('ck_fx_rate_rate')),
    sa.PrimaryKeyConstraint('base', 'quote', 'valid_from', name=op.f('pk_fx_rate'))
    )
    protect('movement', append_only=True)
    shared('fx_rate')


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('fx_rate')
    op.drop_table('movement')
