"""Tables of licensing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect, shared

revision = "0004_licensing"
down_revision = '0003_announce'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('tier',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('features', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('max_installs', sa.Integer(), nullable=True),
    sa.Column('max_domains', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tier'))
    )
    op.create_table('license',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('install_id', sa.Text(), nullable=False),
    sa.Column('secret_digest', sa.LargeBinary(), nullable=False),
    sa.Column('tier_id', sa.Text(), nullable=False),
    sa.Column('term', sa.Text(), nullable=False),
    sa.Column('billing_period', sa.Text(), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('suspended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoke_reason', sa.Text(), nullable=True),
    sa.Column('converted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('notes', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('max_installs', sa.Integer(), nullable=True),
    sa.Column('max_seats', sa.Integer(), nullable=True),
    sa.Column('domains', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
    sa.Column('fingerprint_required', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('check_in_days', sa.Integer(), nullable=True),
    sa.Column('expiry_strategy', sa.Text(), server_default=sa.text("'restrict'"), nullable=False),
    sa.Column('overage', sa.Text(), server_default=sa.text("'deny'"), nullable=False),
    sa.Column('entitlements', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
    sa.Column('versions', sa.Text(), nullable=True),
    sa.Column('first_verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_check_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state_version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.CheckConstraint("billing_period IN ('monthly', 'quarterly', 'annual')", name=op.f('ck_license_billing_period')),
    sa.CheckConstraint("expiry_strategy IN ('restrict', 'maintain', 'allow')", name=op.f('ck_license_expiry_strategy')),
    sa.CheckConstraint("overage IN ('deny', 'allow')", name=op.f('ck_license_overage')),
    sa.CheckConstraint("term IN ('trial', 'paid', 'free')", name=op.f('ck_license_term')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_license_organization_id_organization')),
    sa.ForeignKeyConstraint(['tier_id'], ['tier.id'], name=op.f('fk_license_tier_id_tier')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_license')),
    sa.UniqueConstraint('install_id', name=op.f('uq_license_install_id'))
    )
    op.create_index(op.f('ix_license_organization_id'), 'license', ['organization_id'], unique=False)
    op.create_index('ix_license_issued', 'license', [sa.literal_column('issued_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_license_secret_digest', 'license', ['secret_digest'], unique=False)
    op.create_table('tier_limit',
    sa.Column('tier_id', sa.Text(), nullable=False),
    sa.Column('meter', sa.Text(), nullable=False),
    sa.Column('highest', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['tier_id'], ['tier.id'], name=op.f('fk_tier_limit_tier_id_tier')),
    sa.PrimaryKeyConstraint('tier_id', 'meter', name=op.f('pk_tier_limit'))
    )
    op.create_table('decision',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('license_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid', sa.Boolean(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('question', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('question_digest', sa.LargeBinary(), nullable=False),
    sa.Column('state', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('state_version', sa.Integer(), nullable=False),
    sa.Column('repeats', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['license_id'], ['license.id'], name=op.f('fk_decision_license_id_license'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_decision_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision'))
    )
    op.create_index('ix_decision_question', 'decision', ['license_id', 'question_digest', sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_decision_license', 'decision', ['license_id', sa.literal_column('id DESC')], unique=False)
    op.create_table('installation',
    sa.Column('license_id', sa.Uuid(), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('domain', sa.Text(), nullable=True),
    sa.Column('version', sa.Text(), nullable=True),
    sa.Column('activated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['license_id'], ['license.id'], name=op.f('fk_installation_license_id_license'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_installation_organization_id_organization')),
    sa.PrimaryKeyConstraint('license_id', 'fingerprint', name=op.f('pk_installation'))
    )
    op.create_index('ix_installation_fingerprint', 'installation', ['fingerprint'], unique=False, postgresql_where=sa.text("fingerprint != ''"))
    shared('tier')
    shared('tier_limit')
    protect('license', door=True)
    protect('installation', door=True)
    protect('decision', door=True)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('installation')
    op.drop_table('decision')
    op.drop_table('tier_limit')
    op.drop_table('license')
    op.drop_table('tier')
