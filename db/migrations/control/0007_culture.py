"""Tables of culture."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0007_culture"
down_revision = '0006_finance'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('culture_profile',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('computed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('method_version', sa.Text(), nullable=False),
    sa.Column('tier_id', sa.Text(), nullable=False),
    sa.Column('size_band', sa.Text(), nullable=False),
    sa.Column('person_days', sa.Integer(), nullable=False),
    sa.Column('adopted', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('feature_days', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('main_version', sa.Text(), nullable=True),
    sa.Column('profile', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_culture_profile_organization_id_organization')),
    sa.PrimaryKeyConstraint('install_id', name=op.f('pk_culture_profile'))
    )
    op.create_index(op.f('ix_culture_profile_organization_id'), 'culture_profile', ['organization_id'], unique=False)
    op.create_index('ix_culture_profile_computed_at', 'culture_profile', ['computed_at'], unique=False)
    op.create_index('ix_culture_profile_peers', 'culture_profile', ['tier_id', 'size_band'], unique=False)
    op.create_index('ix_culture_profile_main_version', 'culture_profile', ['main_version'], unique=False)
    op.create_table('health_day',
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('low', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('high', sa.Numeric(precision=5, scale=2), nullable=False),
    sa.Column('score', sa.Numeric(precision=5, scale=2), nullable=True),
    sa.Column('parts', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('weights_version', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_health_day_organization_id_organization')),
    sa.PrimaryKeyConstraint('install_id', 'day', name=op.f('pk_health_day'))
    )
    op.create_table('upsell',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('rule_version', sa.Integer(), nullable=False),
    sa.Column('rules', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('priority', sa.Text(), nullable=False),
    sa.Column('offer', sa.Text(), nullable=False),
    sa.Column('offer_label', sa.Text(), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.Column('evidence', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('expected_value_minor', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=True),
    sa.Column('expected_value_basis', sa.Text(), nullable=False),
    sa.Column('days_left', sa.Integer(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('assigned_to', sa.Text(), nullable=True),
    sa.Column('snoozed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('close_reason', sa.Text(), nullable=True),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("priority IN ('HIGH', 'MEDIUM', 'LOW')", name=op.f('ck_upsell_priority')),
    sa.CheckConstraint("state IN ('open', 'won', 'lost', 'ignored', 'gone')", name=op.f('ck_upsell_state')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_upsell_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_upsell'))
    )
    op.create_index(op.f('ix_upsell_organization_id'), 'upsell', ['organization_id'], unique=False)
    op.create_index('uq_upsell_open_offer', 'upsell', ['install_id', 'kind', 'subject'], unique=True, postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_upsell_state', 'upsell', ['state', sa.literal_column('expected_value_minor DESC')], unique=False)
    protect('culture_profile')
    protect('health_day')
    protect('upsell')


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('upsell')
    op.drop_table('health_day')
    op.drop_table('culture_profile')
