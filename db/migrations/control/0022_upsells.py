"""What sales does with its list: calls that were made, how sure an opportunity is, and archetypes over time."""

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import protect, readable

revision = "0022_upsells"
down_revision = "0021_notify"
branch_labels = None
depends_on = None

TRAITS = ("weekend_share", "concentration", "api_share")


def upgrade() -> None:
    """Make the tables and let the app at them."""
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("upsell_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_contact_organization_id_organization")
        ),
        sa.ForeignKeyConstraint(
            ["upsell_id"], ["upsell.id"], name=op.f("fk_contact_upsell_id_upsell"), ondelete="SET NULL"
        ),
    )
    op.create_index("ix_contact_organization", "contact", ["organization_id", "at"])
    op.create_index("ix_contact_upsell", "contact", ["upsell_id"])
    op.create_table(
        "archetype_spell",
        sa.Column("install_id", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("archetype", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("install_id", "first_day", name=op.f("pk_archetype_spell")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name=op.f("fk_archetype_spell_organization_id_organization")
        ),
    )
    op.create_index("ix_archetype_spell_first_day", "archetype_spell", ["first_day"])
    op.create_index(op.f("ix_archetype_spell_organization_id"), "archetype_spell", ["organization_id"])
    for table in ("contact", "archetype_spell"):
        protect(table, vendor_only=True)
    # When a customer was called, for questions about the list; not by whom, nor what was said.
    readable("contact", ("upsell_id", "organization_id", "at"))
    op.add_column("upsell", sa.Column("confidence", sa.Text(), server_default=sa.text("'medium'"), nullable=False))
    op.create_check_constraint("confidence", "upsell", "confidence IN ('high', 'medium', 'low')")
    for name in ("days_p10", "days_p90"):
        op.add_column("upsell", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("culture_profile", sa.Column("people", sa.Integer(), nullable=True))
    for name in TRAITS:
        op.add_column("culture_profile", sa.Column(name, sa.Float(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in ("people", *TRAITS):
        op.drop_column("culture_profile", name)
    for name in ("days_p10", "days_p90", "confidence"):
        op.drop_column("upsell", name)
    op.drop_table("archetype_spell")
    op.drop_table("contact")
