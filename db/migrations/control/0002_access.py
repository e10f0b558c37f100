"""Tables of access."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect, shared

revision = "0002_access"
down_revision = '0001_organizations'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('remembered_answer',
    sa.Column('credential', sa.Text(), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('request_digest', sa.LargeBinary(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('credential', 'idempotency_key', name=op.f('pk_remembered_answer'))
    )
    op.create_table('setup_link',
    sa.Column('token_digest', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_setup_link'))
    )
    op.create_table('audit_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_kind', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Text(), nullable=False),
    sa.Column('actor_label', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('target_kind', sa.Text(), nullable=False),
    sa.Column('target_id', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('before', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('after', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=True),
    sa.Column('previous_hash', sa.LargeBinary(), nullable=True),
    sa.Column('hash', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_audit_entry_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_index('ix_audit_entry_organization_at', 'audit_entry', ['organization_id', sa.literal_column('at DESC')], unique=False)
    op.create_index('ix_audit_entry_target', 'audit_entry', ['target_kind', 'target_id'], unique=False)
    op.create_index('ix_audit_entry_at', 'audit_entry', [sa.literal_column('at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_audit_entry_unsealed', 'audit_entry', ['organization_id', 'id'], unique=False, postgresql_where=sa.text('sequence IS NULL'))
    op.create_index('uq_audit_entry_sequence', 'audit_entry', ['organization_id', 'sequence'], unique=True)
    op.create_table('audit_head',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_audit_head_organization_id_organization')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_audit_head'))
    )
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('failed_sign_ins', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_sign_in_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('demo', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("role IN ('owner', 'admin', 'manager', 'member', 'viewer')", name=op.f('ck_person_role')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_person_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person'))
    )
    op.create_index(op.f('ix_person_organization_id'), 'person', ['organization_id'], unique=False)
    op.create_index('uq_person_email_lower', 'person', [sa.literal_column('lower(email)')], unique=True)
    op.create_table('session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('user_agent', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('idle_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_session_organization_id_organization')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_session_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session'))
    )
    op.create_index(op.f('ix_session_person_id'), 'session', ['person_id'], unique=False)
    protect('person', door=True)
    protect('session', door=True)
    protect('audit_entry', door=True, append_only=True)
    # The sealer chains entries; nobody edits what they say.
    op.execute(f"GRANT UPDATE (sequence, previous_hash, hash) ON audit_entry TO {context.config.attributes['app']}")
    protect('audit_head')
    shared('setup_link')
    shared('remembered_answer')


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('session')
    op.drop_table('person')
    op.drop_table('audit_head')
    op.drop_table('audit_entry')
    op.drop_table('setup_link')
    op.drop_table('remembered_answer')
