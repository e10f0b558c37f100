"""What serving customers costs and what watches it, every movement of cash, and how cash may go on.

Costs and cash only ever grow: a mistake is reversed, not edited.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import Json, instant, minor, organization_id, primary_id, text

cost_entry = Table(
    "cost_entry",
    metadata,
    primary_id(),
    Column("booked_on", Date, nullable=False),
    text("kind"),
    # Null where a cost is nobody's in particular: a shared cluster, the support desk itself.
    Column("organization_id", Uuid, ForeignKey("organization.id"), nullable=True),
    Column("product_id", Text, ForeignKey("product.id"), nullable=True),
    # A credit of the provider is negative.
    minor("amount_minor"),
    text("currency"),
    text("note", nullable=True),
    text("source"),
    text("external_id"),
    Column("reverses_id", Uuid, ForeignKey("cost_entry.id"), nullable=True, unique=True),
    instant("recorded_at"),
    UniqueConstraint("source", "external_id"),
    CheckConstraint("kind IN ('compute', 'storage', 'bandwidth', 'support')", name="kind"),
    CheckConstraint("amount_minor <> 0", name="amount"),
)
Index("ix_cost_entry_booked_on", cost_entry.c.booked_on)
Index("ix_cost_entry_organization_booked_on", cost_entry.c.organization_id, cost_entry.c.booked_on)

cash_entry = Table(
    "cash_entry",
    metadata,
    primary_id(),
    Column("booked_on", Date, nullable=False),
    text("category"),
    # What came in is positive, what went out negative.
    minor("amount_minor"),
    text("currency"),
    text("note", nullable=True),
    text("source"),
    text("external_id"),
    Column("reverses_id", Uuid, ForeignKey("cash_entry.id"), nullable=True, unique=True),
    instant("recorded_at"),
    UniqueConstraint("source", "external_id"),
    CheckConstraint(
        "category IN ('opening', 'receipts', 'payroll', 'hosting', 'sales', 'marketing', 'office', 'tax', "
        "'financing', 'other')",
        name="category",
    ),
    CheckConstraint("amount_minor <> 0", name="amount"),
)
Index("ix_cash_entry_booked_on", cash_entry.c.booked_on)

# What a unit of a meter costs us from a day on; the youngest of its kind, product and meter is in force.
cost_rate = Table(
    "cost_rate",
    metadata,
    primary_id(),
    # The vendor's.
    organization_id(),
    text("kind"),
    Column("product_id", Text, ForeignKey("product.id"), nullable=True),
    text("meter"),
    # In major units of the currency, for `per` units of the meter.
    Column("unit_price", Numeric(38, 12), nullable=False),
    Column("per", BigInteger, nullable=False),
    text("currency"),
    Column("from_on", Date, nullable=False),
    # The last day; null while it is open.
    Column("until_on", Date, nullable=True),
    text("made_by"),
    instant("made_at"),
    CheckConstraint("kind IN ('compute', 'storage', 'bandwidth', 'support')", name="kind"),
    CheckConstraint("unit_price > 0 AND per > 0", name="price"),
    CheckConstraint("until_on >= from_on", name="days"),
    Index(
        "uq_cost_rate_begins",
        "kind",
        "meter",
        "from_on",
        sql("coalesce(product_id, '')"),
        unique=True,
    ),
)

# What is watched: costs above an amount, a margin below a share, or a month that is unlike a subject's own months.
cost_rule = Table(
    "cost_rule",
    metadata,
    primary_id(),
    organization_id(),
    text("measure"),
    # Of what each is judged: all costs, a kind, a product, a customer.
    text("by"),
    # One of them alone, by its id; null for each.
    text("only", nullable=True),
    minor("above_minor", nullable=True),
    Column("below_share", Numeric(9, 6), nullable=True),
    text("made_by"),
    instant("made_at"),
    instant("ended_at", nullable=True),
    CheckConstraint("measure IN ('cost', 'margin', 'unusual')", name="measure"),
    CheckConstraint("\"by\" IN ('all', 'kind', 'product', 'customer')", name="by"),
    CheckConstraint("(measure = 'cost') = (above_minor IS NOT NULL)", name="amount"),
    CheckConstraint("(measure = 'margin') = (below_share IS NOT NULL)", name="share"),
)

# A rule that has fired for a subject; it holds until what it warns of has fallen well below.
cost_alert = Table(
    "cost_alert",
    metadata,
    primary_id(),
    organization_id(),
    Column("rule_id", Uuid, ForeignKey("cost_rule.id"), nullable=False),
    # The id of the kind, product or customer; empty for all costs.
    text("subject"),
    text("subject_name"),
    Column("month", Date, nullable=False),
    minor("cost_minor"),
    Column("share", Numeric(12, 6), nullable=True),
    minor("usual_minor", nullable=True),
    # How many earlier months it was judged by.
    Column("months", Integer, nullable=True),
    text("why"),
    instant("raised_at"),
    instant("fell_at", nullable=True),
)
Index(
    "uq_cost_alert_held",
    cost_alert.c.rule_id,
    cost_alert.c.subject,
    unique=True,
    postgresql_where=cost_alert.c.fell_at.is_(None),
)
Index("ix_cost_alert_raised_at", cost_alert.c.raised_at.desc())

# A way in which cash may go on, by name: its levers, and the cash it foresaw at month ends when it was saved.
cash_scenario = Table(
    "cash_scenario",
    metadata,
    primary_id(),
    organization_id(),
    text("name"),
    Column("levers", Json, nullable=False),
    # The first of the months foreseen, and the balance at each one's end in minor units of REPORTING.
    Column("first_month", Date, nullable=False),
    Column("foreseen", ARRAY(BigInteger), nullable=False),
    text("made_by"),
    instant("made_at"),
)
Index("uq_cash_scenario_name", cash_scenario.c.organization_id, func.lower(cash_scenario.c.name), unique=True)
