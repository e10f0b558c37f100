"""Invoices: sellers, drafts and what is finalized, credit notes, payments, dunning and runs."""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from db.migrations.invoice_guards import guard_invoices, release_invoices
from db.migrations.policies import protect, shared

revision = "0027_invoices"
down_revision = "0026_prices"
branch_labels = None
depends_on = None

# In the order in which they go again.
TABLES = (
    "mail_attachment", "invoice_run_item", "invoice_run", "dunning_notice", "dunning_step", "payment_failure", "payment_allocation",
    "customer_credit", "payment", "credit_note_line", "credit_note", "billed_item", "invoice_tax", "invoice_line",
    "invoice", "invoice_counter", "billing_profile", "seller",
)


def upgrade() -> None:
    """Make the tables, let customers see their own, and hold still what is finalized."""
    _sellers()
    _invoices()
    _settling()
    _asking()
    _attachments()
    protect("mail_attachment")
    for table in ("billing_profile", "invoice", "invoice_line", "invoice_tax", "billed_item"):
        protect(table)
    for table in ("credit_note", "credit_note_line", "payment", "customer_credit", "payment_allocation"):
        protect(table, append_only=True)
    protect("payment_failure", vendor_only=True, append_only=True)
    for table in ("seller", "dunning_notice", "invoice_run_item"):
        protect(table, vendor_only=True)
    for table in ("invoice_counter", "dunning_step", "invoice_run"):
        shared(table)
    op.execute(f"REVOKE DELETE ON invoice_counter FROM {context.config.attributes['app']}")
    guard_invoices()


def _sellers() -> None:
    op.create_table('seller',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('lines', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('postcode', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('city', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('country', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('vat_id', sa.Text(), nullable=True), sa.Column('email', sa.Text(), nullable=True),
    sa.Column('registration', sa.Text(), nullable=True), sa.Column('bank_holder', sa.Text(), nullable=True),
    sa.Column('bank', sa.Text(), nullable=True), sa.Column('iban', sa.Text(), nullable=True),
    sa.Column('bic', sa.Text(), nullable=True), sa.Column('account', sa.Text(), nullable=True),
    sa.Column('routing', sa.Text(), nullable=True), sa.Column('prefix', sa.Text(), nullable=False),
    sa.Column('net_days', sa.Integer(), server_default=sa.text('30'), nullable=False),
    sa.Column('paper', sa.Text(), server_default=sa.text("'a4'"), nullable=False),
    sa.Column('footer', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("paper IN ('a4', 'letter')", name=op.f('ck_seller_paper')),
    sa.CheckConstraint('net_days BETWEEN 0 AND 365', name=op.f('ck_seller_net_days')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_seller_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seller')),
    sa.UniqueConstraint('prefix', name=op.f('uq_seller_prefix'))
    )
    op.create_table('billing_profile',
    sa.Column('organization_id', sa.Uuid(), nullable=False), sa.Column('legal_name', sa.Text(), nullable=False),
    sa.Column('lines', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('postcode', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('city', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('country', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('vat_id', sa.Text(), nullable=True), sa.Column('email', sa.Text(), nullable=True),
    sa.Column('net_days', sa.Integer(), nullable=True), sa.Column('purchase_order', sa.Text(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=True), sa.Column('seller_id', sa.Uuid(), nullable=True),
    sa.Column('dunning_paused', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('net_days BETWEEN 0 AND 365', name=op.f('ck_billing_profile_net_days')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_billing_profile_organization_id_organization')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_billing_profile_seller_id_seller')),
    sa.PrimaryKeyConstraint('organization_id', name=op.f('pk_billing_profile'))
    )
    op.create_table('invoice_counter',
    sa.Column('seller_id', sa.Uuid(), nullable=False), sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False), sa.Column('last', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('invoice', 'credit_note')", name=op.f('ck_invoice_counter_kind')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_invoice_counter_seller_id_seller')),
    sa.PrimaryKeyConstraint('seller_id', 'kind', 'year', name=op.f('pk_invoice_counter'))
    )


def _invoices() -> None:
    op.create_table('invoice',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('seller_id', sa.Uuid(), nullable=False), sa.Column('state', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=True), sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('month', sa.Date(), nullable=True), sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True), sa.Column('net_days', sa.Integer(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=True), sa.Column('note', sa.Text(), nullable=True),
    sa.Column('net_minor', sa.BigInteger(), nullable=False),
    sa.Column('discount_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=False),
    sa.Column('paid_minor', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('credited_minor', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('seller_said', postgresql.JSONB(none_as_null=True), nullable=True),
    sa.Column('buyer_said', postgresql.JSONB(none_as_null=True), nullable=True),
    sa.Column('source', sa.Text(), server_default=sa.text("'calos'"), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('dunning_paused', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finalized_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'draft') = (issued_on IS NULL)", name=op.f('ck_invoice_issued')),
    sa.CheckConstraint("(state = 'draft') = (number IS NULL)", name=op.f('ck_invoice_numbered')),
    sa.CheckConstraint("state = 'draft' OR paid_minor + credited_minor <= total_minor", name=op.f('ck_invoice_within_total')),
    sa.CheckConstraint("state IN ('draft', 'open', 'paid', 'void', 'uncollectible')", name=op.f('ck_invoice_state')),
    sa.CheckConstraint('paid_minor >= 0 AND credited_minor >= 0', name=op.f('ck_invoice_settled')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_invoice_organization_id_organization')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_invoice_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice')),
    sa.UniqueConstraint('seller_id', 'number', name=op.f('uq_invoice_seller_id_number')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_invoice_source_external_id'))
    )
    op.create_index('ix_invoice_created', 'invoice', [sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_invoice_due', 'invoice', ['due_on'], unique=False, postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_invoice_organization', 'invoice', ['organization_id', sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_invoice_seller_id'), 'invoice', ['seller_id'], unique=False)
    op.create_index('uq_invoice_draft', 'invoice', ['organization_id', 'month', 'currency'], unique=True, postgresql_where=sa.text("state = 'draft'"))
    op.create_table('invoice_line',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('invoice_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False), sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False), sa.Column('text', sa.Text(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('quantity', sa.Numeric(precision=38, scale=12), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('unit_price', sa.Numeric(precision=38, scale=12), nullable=False),
    sa.Column('net_minor', sa.BigInteger(), nullable=False),
    sa.Column('discount_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_rate', sa.Numeric(precision=7, scale=4), nullable=False),
    sa.Column('tax_category', sa.Text(), nullable=False), sa.Column('first', sa.Date(), nullable=True),
    sa.Column('last', sa.Date(), nullable=True), sa.Column('subscription_id', sa.Uuid(), nullable=True),
    sa.Column('license_id', sa.Uuid(), nullable=True), sa.Column('meter', sa.Text(), nullable=True),
    sa.Column('source_key', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('subscription', 'proration', 'usage', 'overage', 'one_off')", name=op.f('ck_invoice_line_kind')),
    sa.CheckConstraint("tax_category IN ('S', 'Z', 'E', 'AE', 'G', 'O')", name=op.f('ck_invoice_line_tax_category')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_invoice_line_invoice_id_invoice'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_invoice_line_organization_id_organization')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_invoice_line_subscription_id_subscription')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_line')),
    sa.UniqueConstraint('invoice_id', 'position', name=op.f('uq_invoice_line_invoice_id_position'))
    )
    op.create_index(op.f('ix_invoice_line_organization_id'), 'invoice_line', ['organization_id'], unique=False)
    op.create_index(op.f('ix_invoice_line_subscription_id'), 'invoice_line', ['subscription_id'], unique=False)
    op.create_table('invoice_tax',
    sa.Column('invoice_id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('rate', sa.Numeric(precision=7, scale=4), nullable=False),
    sa.Column('base_minor', sa.BigInteger(), nullable=False), sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_invoice_tax_invoice_id_invoice'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_invoice_tax_organization_id_organization')),
    sa.UniqueConstraint('invoice_id', 'category', 'rate', name=op.f('uq_invoice_tax_invoice_id_category_rate'))
    )
    op.create_index(op.f('ix_invoice_tax_organization_id'), 'invoice_tax', ['organization_id'], unique=False)
    op.create_table('billed_item',
    sa.Column('key', sa.Text(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_billed_item_invoice_id_invoice'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_billed_item_organization_id_organization')),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_billed_item'))
    )
    op.create_index(op.f('ix_billed_item_invoice_id'), 'billed_item', ['invoice_id'], unique=False)
    op.create_index(op.f('ix_billed_item_organization_id'), 'billed_item', ['organization_id'], unique=False)


def _settling() -> None:
    op.create_table('credit_note',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=False), sa.Column('seller_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False), sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False), sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('net_minor', sa.BigInteger(), nullable=False), sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('total_minor', sa.BigInteger(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('total_minor > 0 AND total_minor = net_minor + tax_minor', name=op.f('ck_credit_note_total')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_credit_note_invoice_id_invoice')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_credit_note_organization_id_organization')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_credit_note_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credit_note')),
    sa.UniqueConstraint('seller_id', 'number', name=op.f('uq_credit_note_seller_id_number'))
    )
    op.create_index('ix_credit_note_invoice', 'credit_note', ['invoice_id'], unique=False)
    op.create_index(op.f('ix_credit_note_organization_id'), 'credit_note', ['organization_id'], unique=False)
    op.create_table('credit_note_line',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('credit_note_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False), sa.Column('invoice_line_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False), sa.Column('text', sa.Text(), nullable=False),
    sa.Column('net_minor', sa.BigInteger(), nullable=False), sa.Column('tax_minor', sa.BigInteger(), nullable=False),
    sa.Column('tax_rate', sa.Numeric(precision=7, scale=4), nullable=False),
    sa.Column('tax_category', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['credit_note_id'], ['credit_note.id'], name=op.f('fk_credit_note_line_credit_note_id_credit_note')),
    sa.ForeignKeyConstraint(['invoice_line_id'], ['invoice_line.id'], name=op.f('fk_credit_note_line_invoice_line_id_invoice_line')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_credit_note_line_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credit_note_line'))
    )
    op.create_index(op.f('ix_credit_note_line_credit_note_id'), 'credit_note_line', ['credit_note_id'], unique=False)
    op.create_index(op.f('ix_credit_note_line_invoice_line_id'), 'credit_note_line', ['invoice_line_id'], unique=False)
    op.create_index(op.f('ix_credit_note_line_organization_id'), 'credit_note_line', ['organization_id'], unique=False)
    op.create_table('payment',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False), sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False), sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True), sa.Column('source', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=False), sa.Column('refunds_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("method IN ('wire', 'manual', 'stripe')", name=op.f('ck_payment_method')),
    sa.CheckConstraint('CASE WHEN refunds_id IS NULL THEN amount_minor > 0 ELSE amount_minor < 0 END', name=op.f('ck_payment_sign')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_payment_organization_id_organization')),
    sa.ForeignKeyConstraint(['refunds_id'], ['payment.id'], name=op.f('fk_payment_refunds_id_payment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_payment_source_external_id'))
    )
    op.create_index('ix_payment_organization', 'payment', ['organization_id', 'received_on'], unique=False)
    op.create_index('ix_payment_received', 'payment', [sa.literal_column('received_on DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_payment_refunds_id'), 'payment', ['refunds_id'], unique=False)
    op.create_table('customer_credit',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False), sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False), sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('credit_note_id', sa.Uuid(), nullable=True), sa.Column('invoice_id', sa.Uuid(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('overpayment', 'credit_note', 'used', 'given_back', 'refund')", name=op.f('ck_customer_credit_kind')),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_customer_credit_amount')),
    sa.ForeignKeyConstraint(['credit_note_id'], ['credit_note.id'], name=op.f('fk_customer_credit_credit_note_id_credit_note')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_customer_credit_invoice_id_invoice')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_customer_credit_organization_id_organization')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_customer_credit_payment_id_payment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer_credit'))
    )
    op.create_index(op.f('ix_customer_credit_credit_note_id'), 'customer_credit', ['credit_note_id'], unique=False)
    op.create_index(op.f('ix_customer_credit_invoice_id'), 'customer_credit', ['invoice_id'], unique=False)
    op.create_index('ix_customer_credit_organization', 'customer_credit', ['organization_id', 'currency'], unique=False)
    op.create_index(op.f('ix_customer_credit_payment_id'), 'customer_credit', ['payment_id'], unique=False)
    op.create_table('payment_allocation',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=False), sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('credit_id', sa.Uuid(), nullable=True), sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('allocated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('num_nonnulls(payment_id, credit_id) = 1 AND amount_minor <> 0', name=op.f('ck_payment_allocation_source')),
    sa.ForeignKeyConstraint(['credit_id'], ['customer_credit.id'], name=op.f('fk_payment_allocation_credit_id_customer_credit')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_payment_allocation_invoice_id_invoice')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_payment_allocation_organization_id_organization')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_payment_allocation_payment_id_payment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_allocation'))
    )
    op.create_index(op.f('ix_payment_allocation_credit_id'), 'payment_allocation', ['credit_id'], unique=False)
    op.create_index('ix_payment_allocation_invoice', 'payment_allocation', ['invoice_id'], unique=False)
    op.create_index(op.f('ix_payment_allocation_organization_id'), 'payment_allocation', ['organization_id'], unique=False)
    op.create_index(op.f('ix_payment_allocation_payment_id'), 'payment_allocation', ['payment_id'], unique=False)
    op.create_table('payment_failure',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('invoice_id', sa.Uuid(), nullable=True), sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False), sa.Column('external_id', sa.Text(), nullable=False),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_payment_failure_invoice_id_invoice')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_payment_failure_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_failure')),
    sa.UniqueConstraint('source', 'external_id', name=op.f('uq_payment_failure_source_external_id'))
    )
    op.create_index(op.f('ix_payment_failure_invoice_id'), 'payment_failure', ['invoice_id'], unique=False)
    op.create_index('ix_payment_failure_organization', 'payment_failure', ['organization_id', 'failed_at'], unique=False)


def _asking() -> None:
    op.create_table('dunning_step',
    sa.Column('days', sa.Integer(), nullable=False), sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.CheckConstraint('days BETWEEN 0 AND 365', name=op.f('ck_dunning_step_days')),
    sa.PrimaryKeyConstraint('days', name=op.f('pk_dunning_step'))
    )
    op.create_table('dunning_notice',
    sa.Column('invoice_id', sa.Uuid(), nullable=False), sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False), sa.Column('mail_id', sa.Uuid(), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoice.id'], name=op.f('fk_dunning_notice_invoice_id_invoice')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_dunning_notice_organization_id_organization')),
    sa.PrimaryKeyConstraint('invoice_id', 'days', name=op.f('pk_dunning_notice'))
    )
    op.create_index(op.f('ix_dunning_notice_organization_id'), 'dunning_notice', ['organization_id'], unique=False)
    op.create_table('invoice_run',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('month', sa.Date(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False), sa.Column('started_by', sa.Text(), nullable=False),
    sa.Column('started_label', sa.Text(), nullable=False), sa.Column('customers', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('drafted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finalized_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("stage IN ('drafting', 'drafted', 'finalizing', 'finalized')", name=op.f('ck_invoice_run_stage')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_run'))
    )
    op.create_index('ix_invoice_run_started', 'invoice_run', [sa.literal_column('started_at DESC')], unique=False)
    op.create_table('invoice_run_item',
    sa.Column('run_id', sa.Uuid(), nullable=False), sa.Column('organization_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False), sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('invoice_ids', sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
    sa.CheckConstraint("state IN ('waiting', 'drafted', 'nothing', 'refused', 'finalized')", name=op.f('ck_invoice_run_item_state')),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_invoice_run_item_organization_id_organization')),
    sa.ForeignKeyConstraint(['run_id'], ['invoice_run.id'], name=op.f('fk_invoice_run_item_run_id_invoice_run'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('run_id', 'organization_id', name=op.f('pk_invoice_run_item'))
    )
    op.create_index('ix_invoice_run_item_state', 'invoice_run_item', ['run_id', 'state', 'organization_id'], unique=False)


def _attachments() -> None:
    """What mails carry: the invoice itself."""
    op.create_table('mail_attachment',
    sa.Column('id', sa.Uuid(), nullable=False), sa.Column('mail_id', sa.Uuid(), nullable=False),
    sa.Column('organization_id', sa.Uuid(), nullable=False), sa.Column('name', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False), sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['mail_id'], ['mail.id'], name=op.f('fk_mail_attachment_mail_id_mail'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organization_id'], ['organization.id'], name=op.f('fk_mail_attachment_organization_id_organization')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_attachment'))
    )
    op.create_index(op.f('ix_mail_attachment_mail_id'), 'mail_attachment', ['mail_id'], unique=False)
    op.create_index(op.f('ix_mail_attachment_organization_id'), 'mail_attachment', ['organization_id'], unique=False)


def downgrade() -> None:
    """Drop them."""
    release_invoices()
    for table in TABLES:
        op.drop_table(table)
