"""What Ask reads of money besides: the ledger's days, the metric policy, and what other policies are derived from."""

from typing import Final

from db.migrations.policies import readable

revision = "0036_reader"
down_revision = "0035_payments"
branch_labels = None
depends_on = None

# Figures only: not who changed a policy or why, whom an invoice is for, or what its lines say.
_COLUMNS: Final = {
    "movement_day": (),
    "mrr_day": (),
    "metric_policy": ("version", "settings"),
    "scheduled_change": ("organization_id", "agreement_id", "act", "state", "asked_at"),
    "invoice": ("id", "organization_id", "state", "currency", "due_on", "paid_at", "ended_at"),
    "invoice_line": (
        *("organization_id", "invoice_id", "subscription_id", "kind", "meter", "first", "last"),
        *("net_minor", "discount_minor"),
    ),
}


def upgrade() -> None:
    """Let the reader see them, within its tenancy."""
    for table, columns in _COLUMNS.items():
        readable(table, columns)


def downgrade() -> None:
    """Take it back."""
    for table, columns in _COLUMNS.items():
        readable(table, columns, take_back=True)
