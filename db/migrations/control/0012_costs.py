"""Cost entries and the cash ledger."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect

revision = "0012_costs"
down_revision = "0011_products"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, hide them from customers, and let the app only add to them."""
    op.create_table('cost_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=True),
    sa.Column('product_id', sa.Text(), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('compute', 'storage', 'bandwidth', 'support')", name=op.f('ck_cost_entry_kind')),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_cost_entry_amount')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_cost_entry_organization_id_organization')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_cost_entry_product_id_product')),
    sa.ForeignKeyConstraint(['reverses_id'], ['cost_entry.id'], name=op.f('fk_cost_entry_reverses_id_cost_entry')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cost_entry')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_cost_entry_reverses_id')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_cost_entry_source_external_id'))
    )
    op.create_index('ix_cost_entry_booked_on', 'cost_entry', ['booked_on'], unique=False)
    op.create_index('ix_cost_entry_organization_booked_on', 'cost_entry', ['organization_id', 'booked_on'], unique=False)
    op.create_table('cash_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("category IN ('opening', 'receipts', 'payroll', 'hosting', 'sales', 'marketing', 'office', 'tax', 'financing', 'other')", name=op.f('ck_cash_entry_category')),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_cash_entry_amount')),
    sa.ForeignKeyConstraint(['reverses_id'], ['cash_entry.id'], name=op.f('fk_cash_entry_reverses_id_cash_entry')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cash_entry')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_cash_entry_reverses_id')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_cash_entry_source_external_id'))
    )
    op.create_index('ix_cash_entry_booked_on', 'cash_entry', ['booked_on'], unique=False)
    protect('cost_entry', append_only=True, vendor_only=True)
    protect('cash_entry', append_only=True, vendor_only=True)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table('cash_entry')
    op.drop_table('cost_entry')
