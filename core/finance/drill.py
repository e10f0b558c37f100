"""The rows behind a figure: movements of a time and subscriptions of a day, newest first and page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, String, and_, cast, func, or_, select, tuple_

from core.access.actor import Actor
from core.billing.recurring import monthly_value
from core.errors import InvalidInput
from core.finance.exchange import Rates
from core.finance.ledger import may_see_all
from core.finance.movements import MovementKind
from core.finance.reads import exchange_rates
from core.money import Money
from core.periods import INSTANT, BillingPeriod, Period
from db.models.billing import subscription, tier_product
from db.models.finance import movement
from db.models.organizations import organization
from db.session import ReadSession

Where = Mapping[str, Collection[str]]
_MOST: Final = 500
_BIGINT: Final = 64


@dataclass(frozen=True)
class MovementRow:
    """A movement as it counts for what was asked: `counted` in its own currency, `reported` at the rate of its day.

    Of one tier what came along from another tier counts too, and what was taken along counts against it.
    """

    id: int
    at: datetime
    organization_id: UUID
    customer: str
    kind: MovementKind
    tier_id: str
    from_tier_id: str | None
    counted: Money
    reported: Money
    reason: str | None


@dataclass(frozen=True)
class SubscriptionRow:
    """A subscription on a day: `amount` is for one of `quantity`, `mrr` all of them a month, `reported` at its rate."""

    id: UUID
    organization_id: UUID
    customer: str
    tier_id: str
    product_id: str | None
    billing_period: BillingPeriod
    amount: Money
    quantity: int
    mrr: Money
    reported: Money
    started_at: datetime


@dataclass(frozen=True)
class Departure:
    """A customer who left: what they paid last, when they first paid, and why they went."""

    organization_id: UUID
    customer: str
    left_at: datetime
    since: datetime
    lost: Money
    reported: Money
    reason: str | None


@dataclass(frozen=True)
class MovementPage:
    """Some movements, newest first; `next_cursor` is None on the last page."""

    rows: tuple[MovementRow, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class SubscriptionPage:
    """Some subscriptions, newest first; `next_cursor` is None on the last page."""

    rows: tuple[SubscriptionRow, ...]
    next_cursor: str | None


def movement_rows(
    session: ReadSession,
    actor: Actor,
    period: Period,
    *,
    kind: str | None = None,
    where: Where | None = None,
    as_of: datetime,
    cursor: str | None = None,
    limit: int = 100,
) -> MovementPage:
    """Return the movements of a period that had happened by `as_of`; needs `finance:read`.

    `where` as for `ledger_facts`; of a product, every movement of a tier that holds it, in full.
    """
    may_see_all(actor)
    m, asked = movement.c, where or {}
    shown = select(movement, organization.c.name).join(organization, organization.c.id == m.organization_id)
    until = min(period.end, as_of + INSTANT)
    shown = shown.where(m.effective_at >= period.start, m.effective_at < until, *_of(asked, m))
    if "tier" in asked:
        tiers = list(asked["tier"])
        shown = shown.where(or_(m.tier_id.in_(tiers), m.from_tier_id.in_(tiers)))
    if kind is not None:
        shown = shown.where(m.kind == kind)
    found = _page(session, shown, (m.effective_at, m.id), cursor, limit)
    rates = exchange_rates(session)
    rows = tuple(_moved(row, asked, rates, kind=kind) for row in found[:limit])
    last = f"{rows[-1].at.isoformat()} {rows[-1].id}" if len(found) > limit else None
    return MovementPage(rows, last)


def subscription_rows(
    session: ReadSession,
    actor: Actor,
    *,
    at: datetime,
    where: Where | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> SubscriptionPage:
    """Return the subscriptions that ran at an instant and were worth something; needs `finance:read`.

    `where` as for `ledger_facts`; of a product, every subscription to a tier that holds it, in full.
    """
    may_see_all(actor)
    s, asked = subscription.c, where or {}
    shown = select(subscription, organization.c.name).join(organization, organization.c.id == s.organization_id)
    shown = shown.where(s.started_at <= at, or_(s.ended_at.is_(None), s.ended_at > at), s.amount_minor > 0)
    shown = shown.where(s.phase == "active", *_of(asked, s))
    if "tier" in asked:
        shown = shown.where(s.tier_id.in_(list(asked["tier"])))
    found = _page(session, shown, (s.started_at, s.id), cursor, limit)
    rates = exchange_rates(session)
    rows = tuple(_held(row, rates, at) for row in found[:limit])
    last = f"{rows[-1].started_at.isoformat()} {rows[-1].id}" if len(found) > limit else None
    return SubscriptionPage(rows, last)


def departures(session: ReadSession, actor: Actor, period: Period) -> tuple[Departure, ...]:
    """Return who left in a period, the last first; needs `finance:read`."""
    may_see_all(actor)
    m = movement.c
    of_them = movement.alias()
    first = select(func.min(of_them.c.effective_at)).where(of_them.c.organization_id == m.organization_id)
    statement = (
        select(movement, organization.c.name, first.scalar_subquery().label("since"))
        .join(organization, organization.c.id == m.organization_id)
        .where(m.kind == "churn", m.effective_at >= period.start, m.effective_at < period.end)
        .order_by(m.effective_at.desc(), m.id.desc())
        .limit(_MOST)
    )
    rates = exchange_rates(session)
    return tuple(_left(row, rates) for row in session.execute(statement))


def _of(where: Where, columns: Any) -> list[ColumnElement[bool]]:
    """Return the conditions on who and on what is sold, which movements and subscriptions share."""
    found: list[ColumnElement[bool]] = []
    if "customer" in where:
        found.append(cast(columns.organization_id, String).in_(list(where["customer"])))
    if "currency" in where:
        found.append(columns.currency.in_(list(where["currency"])))
    for name in ("country", "segment"):
        if name in where:
            found.append(func.coalesce(organization.c[name], "").in_(list(where[name])))
    if "product" in where:
        products = list(where["product"])
        holding = select(tier_product.c.tier_id).where(tier_product.c.product_id.in_(products))
        whole = and_(columns.product_id.is_(None), columns.tier_id.in_(holding))
        found.append(or_(columns.product_id.in_(products), whole))
    return found


def _page(session: ReadSession, shown: Any, key: Sequence[Any], cursor: str | None, limit: int) -> list[Row[Any]]:
    """Return one row more than asked for, so that it is known whether there is a next page."""
    if not 1 <= limit <= _MOST:
        raise InvalidInput(f"Ask for 1 to {_MOST} rows at a time.", field="limit")
    if cursor is not None:
        shown = shown.where(tuple_(*key) < tuple_(*_place(cursor, key)))
    return list(session.execute(shown.order_by(*(each.desc() for each in key)).limit(limit + 1)))


def _place(cursor: str, key: Sequence[Any]) -> tuple[datetime, Any]:
    at, _, number = cursor.partition(" ")
    try:
        place = datetime.fromisoformat(at), key[1].type.python_type(number)
    except ValueError as wrong:
        raise _foreign() from wrong
    if isinstance(place[1], int) and place[1].bit_length() >= _BIGINT:
        raise _foreign()
    return place


def _foreign() -> InvalidInput:
    return InvalidInput("This cursor belongs to another list. Start again without it.", field="cursor")


def _moved(row: Row[Any], where: Where, rates: Rates, *, kind: str | None) -> MovementRow:
    counted = Money(_counted(row, where, kind), row.currency)
    return MovementRow(
        row.id,
        row.effective_at,
        row.organization_id,
        row.name,
        row.kind,
        row.tier_id,
        row.from_tier_id,
        counted,
        rates.report([counted], row.effective_at.date()),
        row.reason,
    )


def _counted(row: Row[Any], where: Where, kind: str | None) -> int:
    """Return what a movement does to the tiers asked for; a kind by itself counts without what came along."""
    change, along = int(row.mrr_change_minor), 0 if kind else int(row.moved_minor)
    if "tier" not in where:
        return change
    into, out_of = row.tier_id in where["tier"], row.from_tier_id in where["tier"]
    return (change + along if into else 0) - (along if out_of else 0)


def _held(row: Row[Any], rates: Rates, at: datetime) -> SubscriptionRow:
    amount = Money(row.amount_minor, row.currency)
    off, minor_off = row.percent_off, row.minor_off
    mrr = monthly_value(amount, row.billing_period, row.quantity, percent_off=off, minor_off=minor_off)
    return SubscriptionRow(
        row.id,
        row.organization_id,
        row.name,
        row.tier_id,
        row.product_id,
        row.billing_period,
        amount,
        row.quantity,
        mrr,
        rates.report([mrr], at.date()),
        row.started_at,
    )


def _left(row: Row[Any], rates: Rates) -> Departure:
    lost = -Money(row.mrr_change_minor, row.currency)
    reported = rates.report([lost], row.effective_at.date())
    return Departure(row.organization_id, row.name, row.effective_at, row.since, lost, reported, row.reason)
