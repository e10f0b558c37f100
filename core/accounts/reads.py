"""Customers as lists and heads of pages show them, from their cards; nothing here joins what a card already holds."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import (
    AT_RISK_BELOW,
    NEAR_LIMIT_FROM,
    BlastRadius,
    Customer,
    CustomerFilter,
    CustomerPage,
    CustomerTotals,
    Facets,
    Stats,
)
from core.accounts.orders import after, cursor_after, order_by, order_named, place
from core.errors import NotFound
from core.finance.reads import exchange_rates, mrr_at
from core.licensing.reads import installations, license_by_install
from core.licensing.status import Status, status_expression
from core.money import Money
from db.models.accounts import customer_card
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession

MOST: Final = 200
CONVERSION_WINDOW: Final = timedelta(days=90)
_PLAIN: Final = [customer_card.c[name] for name in Customer.__dataclass_fields__ if name not in {"mrr", "status"}]
_DECIMALS: Final = ("health", "health_low", "health_high", "health_week_ago", "limit_share")


def list_customers(
    session: ReadSession,
    actor: Actor,
    filters: CustomerFilter,
    *,
    now: datetime,
    sort: str = "name",
    cursor: str | None = None,
    limit: int = 50,
) -> CustomerPage:
    """Return one page of customers in an order of core/accounts/orders.py; by MRR needs `finance:read`."""
    may_see_customers(actor)
    order = order_named(sort)
    if sort == "mrr":
        actor.require(Permission.FINANCE_READ)
    limit = max(1, min(limit, MOST))
    statement = select(*columns(now), place(order)).where(*_conditions(filters, now))
    if cursor is not None:
        statement = statement.where(after(sort, cursor))
    rows = session.execute(statement.order_by(*order_by(order)).limit(limit + 1)).all()
    shown = tuple(as_customer(row, actor) for row in rows[:limit])
    more = cursor_after(sort, rows[limit - 1].place, rows[limit - 1].organization_id) if len(rows) > limit else None
    return CustomerPage(shown, more)


def count_customers(session: ReadSession, actor: Actor, filters: CustomerFilter, *, now: datetime) -> CustomerTotals:
    """Return how many customers a filter leaves, and what they pay a month altogether."""
    may_see_customers(actor)
    statement = (
        select(
            customer_card.c.currency,
            func.count().label("customers"),
            func.sum(customer_card.c.mrr_minor).label("minor"),
        )
        .where(*_conditions(filters, now))
        .group_by(customer_card.c.currency)
    )
    rows = session.execute(statement).all()
    amounts = [Money(int(row.minor), row.currency) for row in rows]
    mrr = exchange_rates(session).report(amounts, now.date()) if actor.may(Permission.FINANCE_READ) else None
    return CustomerTotals(sum(row.customers for row in rows), mrr)


def facets(session: ReadSession, actor: Actor, *, now: datetime) -> Facets:
    """Return the counts on the chips above the list, over all customers."""
    may_see_customers(actor)
    card = customer_card.c
    state = status_expression(now, customer_card)
    statement = select(
        state.label("status"),
        card.tier_id,
        card.segment,
        func.count().label("customers"),
        func.count().filter(card.term == "trial").label("trials"),
        func.count().filter(at_risk()).label("at_risk"),
        func.count().filter(near_limit()).label("near_limit"),
    ).group_by(state, card.tier_id, card.segment)
    rows = session.execute(statement).all()
    return Facets(
        total=sum(row.customers for row in rows),
        status=_tally((row.status, row.customers) for row in rows),
        tier=_tally((row.tier_id, row.customers) for row in rows),
        segment=_tally((row.segment, row.customers) for row in rows if row.segment),
        trials=sum(row.trials for row in rows),
        at_risk=sum(row.at_risk for row in rows),
        near_limit=sum(row.near_limit for row in rows),
    )


def customer(session: ReadSession, actor: Actor, organization_id: UUID, *, now: datetime) -> Customer:
    """Return one customer, or raise NotFound for an organization that never held a license."""
    return _the_one(session, actor, customer_card.c.organization_id == organization_id, now)


def customers_by_id(
    session: ReadSession, actor: Actor, organization_ids: Collection[UUID], *, now: datetime
) -> dict[UUID, Customer]:
    """Return some customers by id; whoever never held a license is left out."""
    may_see_customers(actor)
    statement = select(*columns(now)).where(customer_card.c.organization_id.in_(organization_ids))
    return {row.organization_id: as_customer(row, actor) for row in session.execute(statement)}


def customer_of_install(session: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> Customer:
    """Return the customer behind an install id, or raise NotFound."""
    may_see_customers(actor)
    held = license_by_install(session, actor, install_id, now=now)
    return customer(session, actor, held.organization_id, now=now)


def stats(session: ReadSession, actor: Actor, *, now: datetime) -> Stats:
    """Return the four figures at the console's head.

    A license counts as active while verification would say valid to the installation it was issued for. Of the
    trials that ended within 90 days (by conversion, on their last day, or by revocation) those that were converted
    are the conversion rate.
    """
    may_see_customers(actor)
    c = licenses.c
    window = now - CONVERSION_WINDOW
    converted = c.converted_at.between(window, now)
    lost = and_(c.term == "trial", func.least(c.expires_at, c.revoked_at).between(window, now))
    counts = session.execute(
        select(
            func.count().filter(verifies(now)).label("active"),
            func.count().filter(converted).label("converted"),
            func.count().filter(lost).label("lost"),
        )
        .join(organization, organization.c.id == c.organization_id)
        .where(organization.c.realm == "customer", organization.c.archived_at.is_(None))
    ).one()
    total = session.execute(select(func.count()).select_from(customer_card)).scalar_one()
    revenue = mrr_at(session, actor, now) if actor.may(Permission.FINANCE_READ) else None
    return Stats(total, counts.active, revenue, counts.converted + counts.lost, counts.converted)


def blast_radius(session: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> BlastRadius:
    """Return what revoking a license would stop, to be shown before it is confirmed."""
    may_see_customers(actor)
    held = license_by_install(session, actor, install_id, now=now)
    known = customer(session, actor, held.organization_id, now=now)
    running = installations(session, actor, install_id, now=now)
    domains = {one.domain for one in running if one.domain} | set(held.domains)
    return BlastRadius(
        organization=held.organization_name,
        install_id=install_id,
        installations=len(running),
        domains=tuple(sorted(domains)),
        events_30d=known.events_30d,
        mrr=known.mrr,
        last_check_in_at=held.last_check_in_at,
    )


def verifies(now: datetime) -> ColumnElement[bool]:
    """Return the condition under which verification by install id says valid; a test holds it to the checks."""
    c = licenses.c
    overdue = func.coalesce(c.last_check_in_at, c.starts_at) + func.make_interval(0, 0, 0, c.check_in_days) < now
    return and_(
        c.revoked_at.is_(None),
        c.suspended_at.is_(None),
        c.starts_at <= now,
        or_(c.expires_at.is_(None), c.expires_at > now, c.expiry_strategy != "restrict"),
        or_(c.check_in_days.is_(None), ~overdue),
    )


def may_see_customers(actor: Actor) -> None:
    """Raise NotPermitted unless the actor is of the vendor's staff and may see customers."""
    actor.require_vendor()
    actor.require(Permission.CUSTOMER_READ)


def at_risk() -> ColumnElement[bool]:
    """Return the condition on cards of customers whom we may lose: health below 50, and not lost already."""
    return and_(customer_card.c.health < AT_RISK_BELOW, customer_card.c.revoked_at.is_(None))


def near_limit() -> ColumnElement[bool]:
    """Return the condition on cards of customers at 80 % of a limit or more."""
    return and_(customer_card.c.limit_share >= NEAR_LIMIT_FROM, customer_card.c.revoked_at.is_(None))


def in_force(now: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions on cards of customers who are not revoked, suspended or expired."""
    card = customer_card.c
    unexpired = or_(card.expires_at.is_(None), card.expires_at > now)
    return [card.revoked_at.is_(None), card.suspended_at.is_(None), unexpired]


def _conditions(filters: CustomerFilter, now: datetime) -> list[ColumnElement[bool]]:
    card = customer_card.c
    equal = {
        card.tier_id: filters.tier,
        card.segment: filters.segment,
        card.term: filters.term,
        card.owner_email: filters.owner,
        card.archetype: filters.archetype,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if filters.status is not None:
        conditions.append(status_expression(now, customer_card) == filters.status)
    if filters.text.strip():
        text = filters.text.strip()
        conditions.append(or_(card.name.icontains(text, autoescape=True), card.install_id == text))
    if filters.at_risk:
        conditions.append(at_risk())
    if filters.near_limit:
        conditions.append(near_limit())
    if filters.live:
        conditions += in_force(now)
    return conditions


def columns(now: datetime) -> list[ColumnElement[Any]]:
    """Return what `as_customer` reads a customer from."""
    card = customer_card.c
    return [*_PLAIN, card.mrr_minor, card.currency, status_expression(now, customer_card).label("status")]


def _the_one(session: ReadSession, actor: Actor, where: ColumnElement[bool], now: datetime) -> Customer:
    may_see_customers(actor)
    row = session.execute(select(*columns(now)).where(where)).one_or_none()
    if row is None:
        raise NotFound("There is no such customer.")
    return as_customer(row, actor)


def as_customer(row: Row[Any], actor: Actor) -> Customer:
    """Return a row of `columns` as a customer, without the money that the actor may not see."""
    plain = {column.name: row._mapping[column.name] for column in _PLAIN}
    plain |= {name: None if plain[name] is None else float(plain[name]) for name in _DECIMALS}
    mrr = Money(row.mrr_minor, row.currency) if actor.may(Permission.FINANCE_READ) else None
    return Customer(**{**plain, "daily_30d": tuple(row.daily_30d)}, status=Status(row.status), mrr=mrr)


def _tally(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for name, count in pairs:
        counted[name] = counted.get(name, 0) + count
    return counted
