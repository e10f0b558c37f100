"""Marks of change are added and never altered: whoever marks a card waits for nobody else who does."""

import sqlalchemy as sa
from alembic import op

revision = "0025_marks"
down_revision = "0024_moving_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a customer have several marks, each under a number of its own."""
    op.drop_constraint("pk_card_mark", "card_mark", type_="primary")
    op.add_column("card_mark", sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_primary_key("pk_card_mark", "card_mark", ["id"])
    op.create_index("ix_card_mark_organization_id", "card_mark", ["organization_id"])


def downgrade() -> None:
    """Keep the newest mark of each customer."""
    op.execute("DELETE FROM card_mark m USING card_mark o WHERE o.organization_id = m.organization_id AND o.id > m.id")
    op.drop_index("ix_card_mark_organization_id", "card_mark")
    op.drop_constraint("pk_card_mark", "card_mark", type_="primary")
    op.drop_column("card_mark", "id")
    op.create_primary_key("pk_card_mark", "card_mark", ["organization_id"])
