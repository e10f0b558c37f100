"""Products that the vendor sells, each tier's share of them, and subscriptions that no license stands behind."""

from decimal import Decimal

import sqlalchemy as sa
from alembic import op

from db.migrations.policies import shared

revision = "0011_products"
down_revision = "0010_tiers"
branch_labels = None
depends_on = None

# The six modules, with what one costs a month by itself: a tier's share of each follows from that (IFRS 15, 76-80).
PRODUCTS = {
    "pos": ("POS", 100),
    "chatbot": ("Chatbot", 60),
    "email": ("Email", 40),
    "sales": ("Sales", 100),
    "crypto": ("Crypto", 40),
    "analytics": ("Analytics", 60),
}
BUNDLES = {
    "basic": ("pos", "chatbot", "email"),
    "pro": tuple(PRODUCTS),
    "enterprise": tuple(PRODUCTS),
}


def upgrade() -> None:
    """Make the tables, fill them, and let subscriptions and movements name a product."""
    product = op.create_table(
        "product",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
    )
    tier_product = op.create_table(
        "tier_product",
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("share", sa.Numeric(precision=9, scale=8), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_tier_product_share")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_tier_product_product_id_product")),
        sa.ForeignKeyConstraint(["tier_id"], ["tier.id"], name=op.f("fk_tier_product_tier_id_tier")),
        sa.PrimaryKeyConstraint("tier_id", "product_id", name=op.f("pk_tier_product")),
    )
    op.bulk_insert(
        product, [{"id": key, "label": label, "rank": rank} for rank, (key, (label, _)) in enumerate(PRODUCTS.items())]
    )
    op.bulk_insert(tier_product, _shares())
    _name_products()
    op.alter_column("subscription", "license_id", nullable=True)
    op.create_index("ix_subscription_started", "subscription", [sa.text("started_at DESC"), sa.text("id DESC")])
    shared("product")
    shared("tier_product")


def _shares() -> list[dict[str, object]]:
    alone = {tier_id: sum(PRODUCTS[each][1] for each in products) for tier_id, products in BUNDLES.items()}
    return [
        {"tier_id": tier_id, "product_id": each, "share": Decimal(PRODUCTS[each][1]) / alone[tier_id]}
        for tier_id, products in BUNDLES.items()
        for each in products
    ]


def _name_products() -> None:
    for table, name in (("subscription", "product_id"), ("movement", "product_id"), ("movement", "from_product_id")):
        op.add_column(table, sa.Column(name, sa.Text(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_{name}_product"), table, "product", [name], ["id"])
    op.create_check_constraint(
        op.f("ck_movement_moved_product"), "movement", "from_product_id IS NULL OR from_tier_id IS NOT NULL"
    )


def downgrade() -> None:
    """Drop the tables; fails where a subscription has no license, which the house before could not hold."""
    op.drop_index("ix_subscription_started", "subscription")
    op.alter_column("subscription", "license_id", nullable=False)
    op.drop_constraint(op.f("ck_movement_moved_product"), "movement")
    for table, name in (("movement", "from_product_id"), ("movement", "product_id"), ("subscription", "product_id")):
        op.drop_column(table, name)
    op.drop_table("tier_product")
    op.drop_table("product")
