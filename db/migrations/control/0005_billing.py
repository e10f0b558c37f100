"""Tables of billing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect, shared

revision = "0005_billing"
down_revision = '0004_licensing'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('price',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('tier_id', sa.Text(), nullable=False),
    sa.Column('billing_period', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name=op.f('ck_price_billing_period')),
    sa.CheckConstraint("amount_minor >= 0", name=op.f('ck_price_amount')),
    sa.ForeignKeyConstraint(['tier_id'], ['tier.id'], name=op.f('fk_price_tier_id_tier')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_price')),
    sa.UniqueConstraint('tier_id', 'billing_period', 'currency', 'valid_from', name=op.f('uq_price_tier_id_billing_period_currency_valid_from'))
    )
    op.create_table('subscription',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('license_id', sa.Uuid(), nullable=False),
    sa.Column('tier_id', sa.Text(), nullable=False),
    sa.Column('billing_period', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('quantity', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name=op.f('ck_subscription_billing_period')),
    sa.CheckConstraint("amount_minor >= 0 AND quantity >= 1", name=op.f('ck_subscription_amount')),
    sa.CheckConstraint("ended_at >= started_at", name=op.f('ck_subscription_ended_after_start')),
    sa.ForeignKeyConstraint(['license_id'], ['license.id'], name=op.f('fk_subscription_license_id_license')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_subscription_organization_id_organization')),
    sa.ForeignKeyConstraint(['tier_id'], ['tier.id'], name=op.f('fk_subscription_tier_id_tier')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription'))
    )
    op.create_index(op.f('ix_subscription_license_id'), 'subscription', ['license_id'], unique=False)
    op.create_index(op.f('ix_subscription_organization_id'), 'subscription', ['organization_id'], unique=False)
    op.create_index('uq_subscription_license_active', 'subscription', ['license_id'], unique=True, postgresql_where=sa.text('ended_at IS NULL'))
    shared('price')
    protect('subscription')


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('subscription')
    op.drop_table('price')
