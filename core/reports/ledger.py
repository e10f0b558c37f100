"""Reports of the movement ledger: movements, the subscriptions behind MRR, MRR by month, cohorts and retention."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from core.access.actor import Actor
from core.errors import InvalidInput
from core.finance.cohorts import cohort_matrix
from core.finance.drill import MovementRow, SubscriptionRow, movement_rows, subscription_rows
from core.finance.exchange import REPORTING
from core.finance.ledger import MONEY
from core.finance.movements import KINDS
from core.metrics.catalog import metric
from core.metrics.labels import labels
from core.metrics.metric import Metric, Sums
from core.metrics.sources import Sight, facts
from core.metrics.sums import number, sums_of
from core.money import Money, round_half_up
from core.reports.report import Narrowed, Report, financial
from core.reports.spans import customer_asked, months_of, period_of, seen_at
from core.reports.tabular import Cell, Column
from db.session import ReadSession

PAGE: Final = 500
DIMENSIONS: Final = ("segment", "tier", "product", "country", "currency")
_WHERE: Final = ("tier", "product", "country", "segment")
_NARROWED: Final = frozenset({*_WHERE, "customer"})
_DAYS: Final = frozenset({"since", "until"})
_RATES: Final = ("logo_churn", "revenue_churn", "nrr", "grr", "mrr_growth")


def _where(narrowed: Narrowed) -> dict[str, tuple[str, ...]]:
    given: dict[str, str | None] = {name: getattr(narrowed, name) for name in _WHERE}
    found: dict[str, tuple[str, ...]] = {name: (value,) for name, value in given.items() if value is not None}
    whose = customer_asked(narrowed)
    return found if whose is None else found | {"customer": (str(whose),)}


def reported(minor: int | Decimal) -> Decimal:
    """Return an amount of the reporting currency in major units, rounded half up to its smallest coin."""
    return Money(round_half_up(Decimal(minor)), REPORTING).major()


def _movements(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    if narrowed.kind is not None and narrowed.kind not in KINDS:
        raise InvalidInput(f"There is no movement “{narrowed.kind[:40]}”. Use one of {', '.join(KINDS)}.", field="kind")
    period, where, cursor = period_of(narrowed, now), _where(narrowed), None
    while True:
        page = movement_rows(
            session, actor, period, kind=narrowed.kind, where=where, as_of=now, cursor=cursor, limit=PAGE
        )
        yield from map(_movement, page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return


def _movement(row: MovementRow) -> Mapping[str, Cell]:
    plain = ("at", "customer", "kind", "tier_id", "from_tier_id", "reason", "id")
    return {name: getattr(row, name) for name in plain} | {
        "organization_id": str(row.organization_id),
        "change": row.counted.major(),
        "currency": row.counted.currency,
        "reported": row.reported.major(),
        "reporting": row.reported.currency,
    }


def _subscriptions(
    session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime
) -> Iterator[Mapping[str, Cell]]:
    at, where, cursor = seen_at(narrowed, now), _where(narrowed), None
    while True:
        page = subscription_rows(session, actor, at=at, where=where, cursor=cursor, limit=PAGE)
        yield from map(_subscription, page.rows)
        cursor = page.next_cursor
        if cursor is None:
            return


def _subscription(row: SubscriptionRow) -> Mapping[str, Cell]:
    plain = ("customer", "tier_id", "product_id", "billing_period", "quantity", "started_at")
    return {name: getattr(row, name) for name in plain} | {
        "amount": row.amount.major(),
        "mrr": row.mrr.major(),
        "currency": row.mrr.currency,
        "reported": row.reported.major(),
        "reporting": row.reported.currency,
        "id": str(row.id),
        "organization_id": str(row.organization_id),
    }


def _mrr(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    by = narrowed.by or "segment"
    if by not in DIMENSIONS:
        raise InvalidInput(f"MRR is not split by “{by[:40]}”. Use one of {', '.join(DIMENSIONS)}.", field="by")
    sight = Sight(session, session, actor, seen_at(narrowed, now))
    found = facts(sight, "ledger", months_of(narrowed, now), [by], _where(narrowed))
    named = labels(sight, by, set(found[by])) if len(found) else {}
    for row in found.to_dict("records"):
        yield {
            "month": row["period"].date(),
            "group": named.get(row[by], str(row[by])) if row[by] else "Not known",
            **{name: reported(int(row[name])) for name in MONEY},
            "currency": REPORTING,
            "customers": int(row["customers_closing"]),
        }


def _cohorts(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    found = cohort_matrix(session, actor, months_of(narrowed, now), as_of=seen_at(narrowed, now))
    for row in found.to_dict("records"):
        first, first_mrr = int(row["first_customers"]), int(row["first_mrr"])
        yield {
            "cohort": row["cohort"].date(),
            "age": int(row["age"]),
            "first_customers": first,
            "customers": int(row["customers"]),
            "customers_share": Decimal(int(row["customers"])) / first if first else None,
            "first_mrr": reported(first_mrr),
            "mrr": reported(int(row["mrr"])),
            "mrr_share": Decimal(int(row["mrr"])) / first_mrr if first_mrr else None,
            "currency": REPORTING,
        }


def _retention(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    sight = Sight(session, session, actor, seen_at(narrowed, now))
    found = facts(sight, "ledger", months_of(narrowed, now), [], _where(narrowed))
    counts = ("customers_opening", "customers_new", "customers_churned", "customers_reactivated", "customers_closing")
    for row in found.to_dict("records"):
        sums = sums_of(row)
        yield {
            "month": row["period"].date(),
            **{name: int(sums[name]) for name in counts},
            **{name: share(metric(name), sums) for name in _RATES},
            "opening": reported(sums["opening"]),
            "closing": reported(sums["closing"]),
            "currency": REPORTING,
        }


def share(one: Metric, sums: Sums) -> Decimal | None:
    """Return a rate of the catalogue to a hundredth of a percent, None where it is not defined."""
    value = number(one.of(sums))
    return None if value is None else Decimal(value).quantize(Decimal("0.0001"))


def _money(*pairs: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, label, "money", finance=True) for name, label in pairs)


_CURRENCY: Final = Column("currency", "Currency", width=9)
_REPORTING: Final = (Column("reported", "Reported", "money"), Column("reporting", "Reported in", width=11))
_IDS: Final = (
    Column("organization_id", "Customer id", width=38, paper=False),
    Column("id", "Id", width=38, paper=False),
)

_MOVEMENTS: Final = (
    Column("at", "Date", "instant"),
    Column("customer", "Customer", width=28),
    Column("kind", "Movement", width=13),
    Column("change", "MRR change", "money"),
    _CURRENCY,
    *_REPORTING,
    Column("tier_id", "Tier", width=12),
    Column("from_tier_id", "From tier", width=12),
    Column("reason", "Reason", width=40),
    *_IDS,
)
_SUBSCRIPTIONS: Final = (
    Column("customer", "Customer", width=28),
    Column("tier_id", "Tier", width=12),
    Column("product_id", "Product", width=14),
    Column("billing_period", "Billed", width=11),
    Column("amount", "Price", "money"),
    Column("quantity", "Quantity", "whole", width=9),
    Column("mrr", "MRR", "money"),
    _CURRENCY,
    *_REPORTING,
    Column("started_at", "Since", "instant"),
    *_IDS,
)
_MRR: Final = (
    Column("month", "Month", "month"),
    Column("group", "Group", width=20),
    *_money(("opening", "Opening MRR"), ("new", "New"), ("expansion", "Expansion"), ("contraction", "Contraction")),
    *_money(("churn", "Churn"), ("reactivation", "Reactivation"), ("transfer", "Moved"), ("exchange", "Exchange")),
    *_money(("closing", "Closing MRR")),
    _CURRENCY,
    Column("customers", "Customers", "whole"),
)
_COHORTS: Final = (
    Column("cohort", "First paid in", "month", width=12),
    Column("age", "Months since", "whole"),
    Column("first_customers", "Customers at first", "whole"),
    Column("customers", "Still pay", "whole"),
    Column("customers_share", "Share of customers", "share"),
    *_money(("first_mrr", "MRR at first"), ("mrr", "MRR")),
    Column("mrr_share", "Share of MRR", "share"),
    _CURRENCY,
)
_RETENTION: Final = (
    Column("month", "Month", "month"),
    Column("customers_opening", "Customers at the start", "whole"),
    Column("customers_new", "New", "whole"),
    Column("customers_churned", "Left", "whole"),
    Column("customers_reactivated", "Came back", "whole"),
    Column("customers_closing", "Customers at the end", "whole"),
    *_money(("opening", "Opening MRR"), ("closing", "Closing MRR")),
    _CURRENCY,
    *(Column(name, metric(name).label, "share") for name in _RATES),
)


LEDGER: Final[tuple[Report, ...]] = (
    financial("movements", "Movements", _MOVEMENTS, _NARROWED | _DAYS | {"kind"}, _movements),
    financial("subscriptions", "Subscriptions", _SUBSCRIPTIONS, _NARROWED | {"until"}, _subscriptions),
    financial("mrr", "MRR by month", _MRR, frozenset({*_WHERE, "by"}) | _DAYS, _mrr),
    financial("cohorts", "Cohorts", _COHORTS, _DAYS, _cohorts),
    financial("retention", "Retention", _RETENTION, frozenset(_WHERE) | _DAYS, _retention),
)
