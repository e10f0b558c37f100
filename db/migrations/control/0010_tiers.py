"""The four tiers with their limits, features and list prices, and the exchange rates of the books, as data."""

from alembic import op
from sqlalchemy import column, table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer, Text

revision = "0010_tiers"
down_revision = "0009_jobs"
branch_labels = None
depends_on = None

GB = 10**9
MODULES = {
    "free": ["pos", "email"],
    "basic": ["pos", "email", "chatbot"],
    "pro": ["pos", "email", "chatbot", "sales", "crypto", "analytics"],
    "enterprise": ["pos", "email", "chatbot", "sales", "crypto", "analytics", "sso", "audit_export"],
}
TIERS = [
    # id, label, rank, max_installs, max_domains
    ("free", "Free", 0, 1, 1),
    ("basic", "Basic", 1, 1, 1),
    ("pro", "Pro", 2, 3, 2),
    ("enterprise", "Enterprise", 3, None, None),
]
LIMITS = {
    "api_calls_day": (1_000, 10_000, 100_000, None),
    "storage_bytes": (1 * GB, 10 * GB, 100 * GB, 1_000 * GB),
    "bandwidth_bytes_month": (10 * GB, 100 * GB, 1_000 * GB, 10_000 * GB),
    "members": (3, 10, 50, 500),
    "projects": (1, 5, 20, 100),
}
# Monthly list prices in minor units; a quarter costs three months, a year ten.
MONTHLY = {"free": (0, 0), "basic": (9_900, 8_900), "pro": (49_900, 44_900), "enterprise": (249_900, 229_900)}
MONTHS = {"monthly": 1, "quarterly": 3, "annual": 10}
# The books' planning rate of each year: dollars for a euro, fixed on 1 January; an operator adds rows of their own.
EUR_IN_USD = {2020: "1.12", 2021: "1.14", 2022: "1.18", 2023: "1.05", 2024: "1.08", 2025: "1.08", 2026: "1.13"}


def upgrade() -> None:
    """Insert what the seed's table says, and the price lists."""
    text = {name: column(name, Text) for name in ("id", "label", "tier_id", "meter", "billing_period", "currency")}
    tier = table(
        "tier",
        text["id"],
        text["label"],
        column("rank", Integer),
        column("features", ARRAY(Text)),
        column("max_installs", Integer),
        column("max_domains", Integer),
    )
    op.bulk_insert(
        tier,
        [
            {"id": i, "label": label, "rank": r, "features": MODULES[i], "max_installs": n, "max_domains": d}
            for i, label, r, n, d in TIERS
        ],
    )
    limit = table("tier_limit", text["tier_id"], text["meter"], column("highest", BigInteger))
    op.bulk_insert(
        limit,
        [
            {"tier_id": tier_id, "meter": meter, "highest": highest}
            for meter, row in LIMITS.items()
            for (tier_id, *_), highest in zip(TIERS, row, strict=True)
        ],
    )
    op.execute(_prices())
    op.execute(_rates())


def _prices() -> str:
    rows = [
        f"(gen_random_uuid(), '{tier}', '{period}', '{currency}', {amount * months}, timestamptz '2020-01-01 00:00Z')"
        for tier, pair in MONTHLY.items()
        for currency, amount in zip(("USD", "EUR"), pair, strict=True)
        for period, months in MONTHS.items()
    ]
    return (
        "INSERT INTO price (id, tier_id, billing_period, currency, amount_minor, valid_from) VALUES "
        + ", ".join(rows).replace(":", r"\:")
    )


def _rates() -> str:
    rows = [f"('EUR', 'USD', date '{year}-01-01', {rate}, 'planning rate')" for year, rate in EUR_IN_USD.items()]
    return "INSERT INTO fx_rate (base, quote, valid_from, rate, source) VALUES " + ", ".join(rows)


def downgrade() -> None:
    """Take the tiers out again."""
    op.execute("DELETE FROM fx_rate")
    op.execute("DELETE FROM price")
    op.execute("DELETE FROM tier_limit")
    op.execute("DELETE FROM tier")
