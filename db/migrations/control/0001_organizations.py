"""Tables of organizations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.migrations.policies import protect

revision = "0001_organizations"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table('organization',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('realm', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('segment', sa.Text(), nullable=True),
    sa.Column('contact_email', sa.Text(), nullable=True),
    sa.Column('owner_email', sa.Text(), nullable=True),
    sa.Column('notes', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('demo', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("realm IN ('vendor', 'customer')", name=op.f('ck_organization_realm')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organization'))
    )
    op.create_index('ix_organization_name_lower', 'organization', [sa.literal_column('lower(name)')], unique=False)
    op.create_table('brand',
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('primary_color', sa.Text(), nullable=False),
    sa.Column('support_email', sa.Text(), nullable=True),
    sa.Column('extra', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_brand_organization_id_organization')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_brand'))
    )
    op.create_table('domain',
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_domain_organization_id_organization')),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_domain'))
    )
    op.create_index(op.f('ix_domain_organization_id'), 'domain', ['organization_id'], unique=False)
    protect('organization', key='id', door=True)
    protect('brand', door=True)
    protect('domain', door=True)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('domain')
    op.drop_table('brand')
    op.drop_table('organization')
