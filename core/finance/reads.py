"""MRR and its movements, always from the ledger; several currencies become one at dated rates."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, groupby
from typing import Any, Final
from uuid import UUID

import pandas as pd
from sqlalchemy import ColumnElement, Row, func, select, union_all

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.exchange import REPORTING, Rates
from core.finance.movements import KINDS, Bridge, MovementKind, Standing
from core.money import Money, round_half_up, total
from core.periods import Period
from db.models.finance import fx_rate, movement
from db.session import ReadSession

_INSTANT: Final = timedelta(microseconds=1)
_CHANGE: Final = func.sum(movement.c.mrr_change_minor)


@dataclass(frozen=True)
class Movement:
    """One row of the ledger; `from_tier_id` is the tier it moved from where a change of tier caused it."""

    id: int
    organization_id: UUID
    subscription_id: UUID | None
    tier_id: str
    from_tier_id: str | None
    kind: MovementKind
    effective_at: datetime
    recorded_at: datetime
    change: Money
    reason: str | None


def mrr_at(session: ReadSession, actor: Actor, at: datetime) -> Money:
    """Return the MRR of all customers at an instant, at that day's rates; needs `finance:read`."""
    _may_see_all(actor)
    return exchange_rates(session).report(_by_currency(session, movement.c.effective_at <= at), at.date())


def mrr_of(session: ReadSession, actor: Actor, organization_ids: Collection[UUID], at: datetime) -> dict[UUID, Money]:
    """Return the MRR of each of some customers at an instant, zero dollars where none; needs `finance:read`.

    In the customer's own currency; one who pays in several is reported at that day's rates.
    """
    actor.require(Permission.FINANCE_READ)
    for organization_id in organization_ids:
        actor.require_sight_of(organization_id)
    return balances_of(session, organization_ids, at)


def mrr_by_tier(session: ReadSession, actor: Actor, at: datetime) -> dict[str, Money]:
    """Return the MRR of each tier that has any at an instant; needs `finance:read`.

    Each tier is rounded by itself, so that with several currencies the sum may differ from `mrr_at` by a cent.
    """
    _may_see_all(actor)
    flows = _tier_flows(movement.c.effective_at <= at).subquery()
    statement = (
        select(flows.c.tier_id, flows.c.currency, func.sum(flows.c.minor).label("minor"))
        .group_by(flows.c.tier_id, flows.c.currency)
        .order_by(flows.c.tier_id)
    )
    rates = exchange_rates(session)
    tiers = groupby(session.execute(statement), key=lambda row: row.tier_id)
    reported = {
        tier: rates.report((Money(int(row.minor), row.currency) for row in rows), at.date()) for tier, rows in tiers
    }
    return {tier: amount for tier, amount in reported.items() if amount}


def bridge(session: ReadSession, actor: Actor, period: Period, *, as_of: datetime) -> Bridge:
    """Return how the MRR of all customers went from the period's start to its end, in dollars; needs `finance:read`.

    Movements dated after `as_of` have not happened yet: of a period still running, `closing` is the MRR at `as_of`.
    Opening and closing are at the rates of the day before they end, each movement at the rate of its own day, and
    `exchange` is what remains.
    """
    _may_see_all(actor)
    rates = exchange_rates(session)
    until = min(period.end, as_of + _INSTANT)
    opening = rates.report(_by_currency(session, movement.c.effective_at < period.start), _last_day(period.start))
    closing = rates.report(_by_currency(session, movement.c.effective_at < until), _last_day(until))
    by_kind = _reported_kinds(_dated_changes(session, Period(period.start, until)), rates)
    exchange = closing - opening - total(by_kind.values(), REPORTING)
    return Bridge(period, opening, by_kind, exchange, closing)


def currency_bridges(session: ReadSession, actor: Actor, period: Period, *, as_of: datetime) -> dict[str, Bridge]:
    """Return the bridge of each currency by itself, in its own minor units; needs `finance:read`."""
    _may_see_all(actor)
    until = min(period.end, as_of + _INSTANT)
    opening = {amount.currency: amount for amount in _by_currency(session, movement.c.effective_at < period.start)}
    closing = {amount.currency: amount for amount in _by_currency(session, movement.c.effective_at < until)}
    changes: dict[str, dict[MovementKind, Money]] = defaultdict(dict)
    for row in _dated_changes(session, Period(period.start, until)):
        known = changes[row.currency].get(row.kind, Money(0, row.currency))
        changes[row.currency][row.kind] = known + Money(int(row.minor), row.currency)
    return {
        currency: Bridge(
            period,
            opening.get(currency, Money(0, currency)),
            {kind: changes[currency].get(kind, Money(0, currency)) for kind in KINDS},
            Money(0, currency),
            closing.get(currency, Money(0, currency)),
        )
        for currency in sorted({*opening, *closing, *changes})
    }


def tier_months(session: ReadSession, actor: Actor, months: list[Period], *, as_of: datetime) -> pd.DataFrame:
    """Return MRR at the end of each of some consecutive months (or at `as_of`) by tier; needs `finance:read`.

    Columns: month (its first day, datetime64), tier_id, mrr_minor (int64, of REPORTING). A row for each month and each
    tier that ever had MRR by then.
    """
    _may_see_all(actor)
    rates = exchange_rates(session)
    found = [
        (month.start.replace(tzinfo=None), tier, rates.report(amounts, day).minor)
        for month, (day, tiers) in zip(months, _month_ends(session, months, as_of), strict=True)
        for tier, amounts in sorted(tiers.items())
    ]
    frame = pd.DataFrame(found, columns=["month", "tier_id", "mrr_minor"])
    return frame.astype({"month": "datetime64[us]", "mrr_minor": "int64"})


def mrr_months(session: ReadSession, actor: Actor, months: list[Period], *, as_of: datetime) -> list[Money]:
    """Return the MRR at the end of each of some consecutive months (or at `as_of`); needs `finance:read`."""
    _may_see_all(actor)
    rates = exchange_rates(session)
    return [
        rates.report(chain.from_iterable(tiers.values()), day) for day, tiers in _month_ends(session, months, as_of)
    ]


def movements_of(
    session: ReadSession, actor: Actor, organization_id: UUID, *, before: datetime | None = None, limit: int = 100
) -> tuple[Movement, ...]:
    """Return a customer's movements, newest first; needs `finance:read`."""
    actor.require(Permission.FINANCE_READ)
    actor.require_sight_of(organization_id)
    older = movement.c.effective_at < before if before else movement.c.id.is_not(None)
    return _movements(session, (movement.c.organization_id == organization_id) & older, limit)


def movements_in(session: ReadSession, actor: Actor, period: Period, *, limit: int = 1000) -> tuple[Movement, ...]:
    """Return all customers' movements of a period, newest first; needs `finance:read`."""
    _may_see_all(actor)
    within = (movement.c.effective_at >= period.start) & (movement.c.effective_at < period.end)
    return _movements(session, within, limit)


def balances_of(session: ReadSession, organization_ids: Collection[UUID], at: datetime) -> dict[UUID, Money]:
    """Return what `mrr_of` does; for the cards, which are refreshed by the system, so asks no permission."""
    statement = (
        select(movement.c.organization_id, movement.c.currency, _CHANGE.label("minor"))
        .where(movement.c.organization_id.in_(organization_ids), movement.c.effective_at <= at)
        .group_by(movement.c.organization_id, movement.c.currency)
        .having(_CHANGE != 0)
        .order_by(movement.c.organization_id)
    )
    found = {organization_id: Money(0, REPORTING) for organization_id in organization_ids}
    for organization_id, rows in groupby(session.execute(statement), key=lambda row: row.organization_id):
        amounts = [Money(int(row.minor), row.currency) for row in rows]
        single = len(amounts) == 1
        found[organization_id] = amounts[0] if single else exchange_rates(session).report(amounts, at.date())
    return found


def standing(session: ReadSession, organization_id: UUID, at: datetime) -> Standing:
    """Return where a customer's ledger stands at an instant; for the next movement's kind, so asks no permission."""
    known = (movement.c.organization_id == organization_id) & (movement.c.effective_at <= at)
    amounts = _by_currency(session, known)
    return Standing({amount.currency: amount.minor for amount in amounts if amount}, ever_paid=bool(amounts))


def last_movement_at(session: ReadSession, organization_id: UUID) -> datetime | None:
    """Return the date of a customer's last movement; for the next one's, so asks no permission."""
    last = select(func.max(movement.c.effective_at)).where(movement.c.organization_id == organization_id)
    found: datetime | None = session.execute(last).scalar_one()
    return found


def exchange_rates(session: ReadSession) -> Rates:
    """Return every dated rate into REPORTING."""
    statement = select(fx_rate).where(fx_rate.c.quote == REPORTING).order_by(fx_rate.c.base, fx_rate.c.valid_from)
    by_base = groupby(session.execute(statement), key=lambda row: row.base)
    return Rates({base: tuple((row.valid_from, row.rate) for row in rows) for base, rows in by_base})


def _may_see_all(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)


def _last_day(end: datetime) -> date:
    """Return the UTC day of the last instant before `end`."""
    return (end - _INSTANT).date()


def _by_currency(session: ReadSession, where: ColumnElement[bool]) -> list[Money]:
    """Return the balance of every currency that ever moved, zero balances included."""
    statement = select(movement.c.currency, _CHANGE.label("minor")).where(where).group_by(movement.c.currency)
    return [Money(int(row.minor), row.currency) for row in session.execute(statement)]


def _dated_changes(session: ReadSession, period: Period) -> Iterable[Row[Any]]:
    day = func.date_trunc("day", movement.c.effective_at, "UTC").label("day")
    statement = (
        select(movement.c.kind, movement.c.currency, day, _CHANGE.label("minor"))
        .where(movement.c.effective_at >= period.start, movement.c.effective_at < period.end)
        .group_by(movement.c.kind, movement.c.currency, day)
    )
    return session.execute(statement).all()


def _reported_kinds(rows: Iterable[Row[Any]], rates: Rates) -> Mapping[MovementKind, Money]:
    exact = dict.fromkeys(KINDS, Decimal(0))
    for row in rows:
        if row.kind in exact:
            exact[row.kind] += rates.exact([Money(int(row.minor), row.currency)], row.day.date())
    return {kind: Money(round_half_up(amount), REPORTING) for kind, amount in exact.items()}


def _month_ends(
    session: ReadSession, months: list[Period], as_of: datetime
) -> Iterator[tuple[date, dict[str, list[Money]]]]:
    """Yield for each month the day it is reported at and the balances of each tier by currency."""
    flows = _tier_flows(movement.c.effective_at < min(months[-1].end, as_of + _INSTANT)).subquery()
    # Everything before the first month is one step; after it, the calendar month of the flow decides.
    step = func.greatest(func.date_trunc("month", flows.c.effective_at, "UTC"), months[0].start).label("step")
    key = (flows.c.tier_id, flows.c.currency, step)
    statement = select(*key, func.sum(flows.c.minor).label("minor")).group_by(*key)
    changes = defaultdict(list)
    for row in session.execute(statement):
        changes[row.step].append(row)
    balances: dict[str, dict[str, Money]] = defaultdict(dict)
    for month in months:
        for row in changes[month.start]:
            known = balances[row.tier_id].get(row.currency, Money(0, row.currency))
            balances[row.tier_id][row.currency] = known + Money(int(row.minor), row.currency)
        day = _last_day(min(month.end, as_of + _INSTANT))
        yield day, {tier: list(amounts.values()) for tier, amounts in balances.items()}


def _tier_flows(where: ColumnElement[bool]) -> Any:
    """Return what came to and went from each tier: changes on the tier itself, and the MRR that moved between two."""
    m = movement.c
    into = select(m.tier_id, m.currency, m.effective_at, (m.mrr_change_minor + m.moved_minor).label("minor"))
    out_of = select(m.from_tier_id.label("tier_id"), m.currency, m.effective_at, (-m.moved_minor).label("minor"))
    return union_all(into.where(where), out_of.where(where, m.from_tier_id.is_not(None)))


def _movements(session: ReadSession, where: ColumnElement[bool], limit: int) -> tuple[Movement, ...]:
    statement = (
        select(movement).where(where).order_by(movement.c.effective_at.desc(), movement.c.id.desc()).limit(limit)
    )
    return tuple(_movement(row) for row in session.execute(statement))


def _movement(row: Row[Any]) -> Movement:
    return Movement(
        row.id,
        row.organization_id,
        row.subscription_id,
        row.tier_id,
        row.from_tier_id,
        row.kind,
        row.effective_at,
        row.recorded_at,
        Money(row.mrr_change_minor, row.currency),
        row.reason,
    )
