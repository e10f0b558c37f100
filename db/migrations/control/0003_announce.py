"""Tables of announce."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0003_announce"
down_revision = '0002_access'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('data', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('relayed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_outbox_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index('ix_outbox_organization', 'outbox', ['organization_id', sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_outbox_relayed', 'outbox', ['relayed_at', 'id'], unique=False)
    op.create_index('ix_outbox_waiting', 'outbox', ['id'], unique=False, postgresql_where=sa.text('relayed_at IS NULL'))
    protect('outbox', door=True)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('outbox')
