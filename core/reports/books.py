"""Reports of costs, margin, cash and unit economics."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.finance.booked import Booked, booked_cash, booked_costs
from core.finance.cash_statement import cash_picture
from core.finance.entries import CASH_CATEGORIES
from core.finance.exchange import REPORTING
from core.finance.margins import margins
from core.metrics.catalog import metric
from core.metrics.sources import Sight, facts
from core.metrics.sums import number, sums_of
from core.reports.ledger import reported, share
from core.reports.report import Narrowed, Report, financial
from core.reports.spans import days_of, month_asked, months_of, seen_at
from core.reports.tabular import Cell, Column
from db.session import ReadSession

PAGE: Final = 300
_DAYS: Final = frozenset({"since", "until"})
_AMOUNTS: Final = ("arpa", "ltv", "cac")
_RATIOS: Final = ("ltv_to_cac", "payback", "burn_multiple")
_BOOKED: Final = ("booked_on", "note", "source", "external_id", "recorded_at")
Found = Iterator[Mapping[str, Cell]]


def _costs(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    first, _ = days_of(narrowed, now)
    at, before = seen_at(narrowed, now), None
    while page := booked_costs(session, actor, as_of=at, before=before, limit=PAGE):
        for each in page:
            if each.booked_on < first:
                return
            if narrowed.kind in {None, each.kind}:
                more = {"kind": each.kind, "customer": each.customer, "product": each.product_id}
                yield _booked(each) | more
        before = page[-1].id


def _cash(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    first, _ = days_of(narrowed, now)
    at = seen_at(narrowed, now)
    before: UUID | None = None
    while page := booked_cash(session, actor, as_of=at, before=before, limit=PAGE):
        for each in page:
            if each.booked_on < first:
                return
            if narrowed.kind in {None, each.category}:
                yield {**_booked(each), "category": each.category}
        before = page[-1].id


def _booked(each: Booked) -> dict[str, Cell]:
    return {name: getattr(each, name) for name in _BOOKED} | {
        "amount": each.amount.major(),
        "currency": each.amount.currency,
        "state": "reversed" if each.reversed_by else "reversal" if each.reverses else "booked",
        "id": str(each.id),
    }


def _statement(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    found = cash_picture(session, actor, months_of(narrowed, now), as_of=seen_at(narrowed, now))
    for row in [] if found is None else found.statement.to_dict("records"):
        amounts = {name: reported(int(row[name])) for name in (*CASH_CATEGORIES, "net", "balance")}
        yield {"month": row["month"].date(), **amounts, "currency": REPORTING}


def _margin(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    month = month_asked(narrowed, now)
    for each in margins(session, actor, month, "customer", as_of=seen_at(narrowed, now)):
        yield {
            "month": month.start.date(),
            "customer": each.name,
            "tier": each.tier or None,
            "mrr": each.mrr.major(),
            "cost": each.cost.major(),
            "left": each.left.major(),
            "margin": each.margin,
            "before": each.before.major(),
            "currency": each.mrr.currency,
            "organization_id": each.key,
        }


def _economics(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Found:
    sight = Sight(session, session, actor, seen_at(narrowed, now))
    for row in facts(sight, "economics", months_of(narrowed, now), [], {}).to_dict("records"):
        sums = sums_of(row)
        amounts = {name: number(metric(name).of(sums)) for name in _AMOUNTS}
        ratios = {name: number(metric(name).of(sums)) for name in _RATIOS}
        yield {
            "month": row["period"].date(),
            "mrr": reported(sums["mrr"]),
            "customers": int(sums["customers"]),
            "gross_margin": share(metric("gross_margin"), sums),
            **{name: None if value is None else reported(value) for name, value in amounts.items()},
            **{name: None if value is None else round(Decimal(value), 2) for name, value in ratios.items()},
            "acquisition": reported(sums["acquisition"]),
            "new_customers": int(sums["new_customers"]),
            "currency": REPORTING,
        }


def _money(**labels: str) -> tuple[Column, ...]:
    return tuple(Column(name, label, "money") for name, label in labels.items())


_CURRENCY: Final = Column("currency", "Currency", width=9)
_MONTH: Final = Column("month", "Month", "month")
_ENTRY: Final = (
    Column("note", "Note", width=36),
    Column("state", "State", width=10),
    Column("source", "From", width=11),
    Column("external_id", "Reference", width=34, paper=False),
    Column("recorded_at", "Recorded", "instant", paper=False),
    Column("id", "Id", width=38, paper=False),
)
_COSTS: Final = (
    Column("booked_on", "Day", "day"),
    Column("kind", "Kind", width=12),
    *_money(amount="Amount"),
    _CURRENCY,
    Column("customer", "Customer", width=28),
    Column("product", "Product", width=14),
    *_ENTRY,
)
_CASH: Final = (
    Column("booked_on", "Day", "day"),
    Column("category", "Category", width=16),
    *_money(amount="Amount"),
    _CURRENCY,
    *_ENTRY,
)
_STATEMENT: Final = (
    _MONTH,
    *(Column(name, name.replace("_", " ").capitalize(), "money") for name in CASH_CATEGORIES),
    *_money(net="Net", balance="Balance"),
    _CURRENCY,
)
_MARGIN: Final = (
    _MONTH,
    Column("customer", "Customer", width=28),
    Column("tier", "Tier", width=12),
    *_money(mrr="MRR", cost="Cost to serve", left="Left"),
    Column("margin", "Gross margin", "share"),
    *_money(before="Cost the month before"),
    _CURRENCY,
    Column("organization_id", "Customer id", width=38, paper=False),
)
_ECONOMICS: Final = (
    _MONTH,
    *_money(mrr="MRR"),
    Column("customers", "Paying customers", "whole"),
    *(Column(name, metric(name).label, "money") for name in _AMOUNTS),
    Column("gross_margin", metric("gross_margin").label, "share"),
    *(Column(name, metric(name).label, "number") for name in _RATIOS),
    *_money(acquisition="Sales and marketing, 6 months"),
    Column("new_customers", "New customers, 6 months", "whole"),
    _CURRENCY,
)

BOOKS: Final[tuple[Report, ...]] = (
    financial("costs", "Cost entries", _COSTS, _DAYS | {"kind"}, _costs),
    financial("margin", "Margin by customer", _MARGIN, frozenset({"until"}), _margin),
    financial("cash", "Cash entries", _CASH, _DAYS | {"kind"}, _cash),
    financial("cash-statement", "Cash statement", _STATEMENT, _DAYS, _statement),
    financial("unit-economics", "Unit economics", _ECONOMICS, _DAYS, _economics),
)
