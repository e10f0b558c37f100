"""What is asked beside the list: prices of one customer, usage charges, coupons, and the standard rates of VAT."""

import json

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from db.migrations.policies import protect, shared

revision = "0026_prices"
down_revision = "0025_marks"
branch_labels = None
depends_on = None

# What was asked when is never altered: a new row follows the old one.
PRICED = ("price", "usage_price", "tax_rate")
PERIODS = "billing_period IN ('monthly', 'quarterly', 'annual')"
GB = "1000000000"
# What goes beyond a tier's limits, in dollars and euros: (tier, meter, label, model, price in each, size of a package).
# The prices are the seed's own, as its price lists are; an operator sets others.
OVERAGE = [
    ("basic", "api_calls_day", "API calls beyond the limit", "package", ("2.00", "1.80"), "10000"),
    ("basic", "storage_bytes", "Storage beyond the limit, by GB", "package", ("0.20", "0.18"), GB),
    ("basic", "bandwidth_bytes_month", "Bandwidth beyond the limit, by GB", "package", ("0.10", "0.09"), GB),
    ("basic", "members", "Members beyond the limit", "standard", ("15.00", "13.50"), None),
    ("pro", "api_calls_day", "API calls beyond the limit", "package", ("1.00", "0.90"), "10000"),
    ("pro", "storage_bytes", "Storage beyond the limit, by GB", "package", ("0.15", "0.13"), GB),
    ("pro", "bandwidth_bytes_month", "Bandwidth beyond the limit, by GB", "package", ("0.08", "0.07"), GB),
    ("pro", "members", "Members beyond the limit", "standard", ("12.00", "10.80"), None),
    ("enterprise", "storage_bytes", "Storage beyond the limit, by GB", "package", ("0.10", "0.09"), GB),
    ("enterprise", "bandwidth_bytes_month", "Bandwidth beyond the limit, by GB", "package", ("0.05", "0.045"), GB),
    ("enterprise", "members", "Members beyond the limit", "standard", ("10.00", "9.00"), None),
]
# Standard rates as the European Commission publishes them (Taxes in Europe Database), with the changes since 2020 that
# still stand; temporary cuts of 2020 are left out.
SOURCE = "European Commission, Taxes in Europe Database (TEDB)"
RATES = {
    "AT": 20, "BE": 21, "BG": 20, "CY": 19, "CZ": 21, "DE": 19, "DK": 25, "EE": 20, "ES": 21, "FI": 24, "FR": 20,
    "GR": 24, "HR": 25, "HU": 27, "IE": 23, "IT": 22, "LT": 21, "LU": 17, "LV": 21, "MT": 18, "NL": 21, "PL": 23,
    "PT": 23, "RO": 19, "SE": 25, "SI": 22, "SK": 20,
}
CHANGED = [
    ("LU", "2023-01-01", 16),
    ("LU", "2024-01-01", 17),
    ("EE", "2024-01-01", 22),
    ("FI", "2024-09-01", 25.5),
    ("SK", "2025-01-01", 23),
    ("EE", "2025-07-01", 24),
    ("RO", "2025-08-01", 21),
]


def upgrade() -> None:
    """Add the tables with the seed's overage and the rates of VAT; the app may add to the price list, not alter it."""
    _custom_price()
    _usage_price()
    _coupons()
    op.create_table(
        "tax_rate",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("percent", sa.Numeric(6, 3), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("percent >= 0 AND percent < 100", name=op.f("ck_tax_rate_percent")),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("ck_tax_rate_country")),
        sa.PrimaryKeyConstraint("country", "valid_from", name=op.f("pk_tax_rate")),
    )
    protect("custom_price", vendor_only=True)
    protect("coupon_redemption", vendor_only=True)
    for table in ("usage_price", "coupon", "tax_rate"):
        shared(table)
    for table in PRICED:
        op.execute(f"REVOKE UPDATE ON {table} FROM {context.config.attributes['app']}")
    _seed_overage()
    _seed_rates()


def _custom_price() -> None:
    op.create_table(
        "custom_price",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("billing_period", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(PERIODS, name=op.f("ck_custom_price_billing_period")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_custom_price_amount")),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_custom_price_ends")),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_custom_price_organization_id_organization")),
        sa.ForeignKeyConstraint(["tier_id"], ["tier.id"], name=op.f("fk_custom_price_tier_id_tier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_price")),
    )
    op.create_index("ix_custom_price_organization", "custom_price", ["organization_id", "starts_at"])


def _usage_price() -> None:
    op.create_table(
        "usage_price",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("beyond_limit", sa.Boolean(), nullable=False),
        sa.Column("definition", JSONB(none_as_null=True), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tier_id"], ["tier.id"], name=op.f("fk_usage_price_tier_id_tier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_price")),
        sa.UniqueConstraint("tier_id", "meter", "currency", "valid_from", name=op.f("uq_usage_price_tier_id_meter_currency_valid_from")),
    )


def _coupons() -> None:
    op.create_table(
        "coupon",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("percent", sa.Numeric(9, 6), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("duration", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("redeem_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_redemptions", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name=op.f("ck_coupon_one_value")),
        sa.CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name=op.f("ck_coupon_currency")),
        sa.CheckConstraint("percent > 0 AND percent <= 100", name=op.f("ck_coupon_percent")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_coupon_amount")),
        sa.CheckConstraint("duration IN ('once', 'repeating', 'forever')", name=op.f("ck_coupon_duration")),
        sa.CheckConstraint("(duration = 'repeating') = (months IS NOT NULL)", name=op.f("ck_coupon_repeats")),
        sa.CheckConstraint("months > 0 AND max_redemptions > 0", name=op.f("ck_coupon_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("code", name=op.f("uq_coupon_code")),
    )
    op.create_table(
        "coupon_redemption",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("coupon_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organization.id"], name=op.f("fk_coupon_redemption_organization_id_organization")),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_redemption_coupon_id_coupon")),
        sa.ForeignKeyConstraint(["agreement_id"], ["subscription.id"], name=op.f("fk_coupon_redemption_agreement_id_subscription")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_redemption")),
        sa.UniqueConstraint("coupon_id", "agreement_id", name=op.f("uq_coupon_redemption_coupon_id_agreement_id")),
    )
    op.create_index(op.f("ix_coupon_redemption_organization_id"), "coupon_redemption", ["organization_id"])
    op.create_index(op.f("ix_coupon_redemption_agreement_id"), "coupon_redemption", ["agreement_id"])


def _seed_overage() -> None:
    rows = [
        {"tier": tier, "meter": meter, "currency": currency, "label": label, "definition": json.dumps(_charge(model, price, size))}
        for tier, meter, label, model, prices, size in OVERAGE
        for currency, price in zip(("USD", "EUR"), prices, strict=True)
    ]
    insert = sa.text(
        "INSERT INTO usage_price (id, tier_id, meter, currency, label, beyond_limit, definition, valid_from, by, created_at) "
        "VALUES (gen_random_uuid(), :tier, :meter, :currency, :label, true, cast(:definition AS jsonb), "
        "timestamp '2020-01-01' AT TIME ZONE 'UTC', 'Calos', now())"
    )
    for row in rows:
        op.execute(insert.bindparams(**row))


def _charge(model: str, price: str, size: str | None) -> dict[str, str]:
    sized = {"size": size} if size else {}
    return {"model": model, "price": price, **sized, "free": "0", "minimum": "0"}


def _seed_rates() -> None:
    rows = [(country, "2020-01-01", rate) for country, rate in RATES.items()] + CHANGED
    values = ", ".join(f"('{country}', date '{day}', {rate}, '{SOURCE}')" for country, day, rate in rows)
    op.execute(f"INSERT INTO tax_rate (country, valid_from, percent, source) VALUES {values}")


def downgrade() -> None:
    """Drop the tables, and let the app alter prices as before."""
    op.execute(f"GRANT UPDATE ON price TO {context.config.attributes['app']}")
    for table in ("coupon_redemption", "coupon", "usage_price", "custom_price", "tax_rate"):
        op.drop_table(table)
