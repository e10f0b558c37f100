"""MRR and its movements, always from the ledger; several currencies become one at dated rates."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Row, func, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.exchange import REPORTING
from core.finance.flows import exchange_rates as exchange_rates
from core.finance.ledger import ledger_money, may_see_all
from core.finance.movements import KINDS, Bridge, MovementKind, Standing
from core.money import Money
from core.periods import INSTANT, Period
from db.models.finance import movement
from db.session import ReadSession

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
    may_see_all(actor)
    found = ledger_money(session, [Period(at, at + INSTANT)], (), as_of=at)
    return Money(int(found.measures["closing"][0, 0]), REPORTING)


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
    may_see_all(actor)
    found = ledger_money(session, [Period(at, at + INSTANT)], ("tier",), as_of=at)
    tiers = zip(found.groups["tier"], found.measures["closing"][:, 0], strict=True)
    return {tier: Money(int(minor), REPORTING) for tier, minor in tiers if minor}


def bridge(session: ReadSession, actor: Actor, period: Period, *, as_of: datetime) -> Bridge:
    """Return how the MRR of all customers went from the period's start to its end, in dollars; needs `finance:read`.

    Movements dated after `as_of` have not happened yet: of a period still running, `closing` is the MRR at `as_of`.
    Opening and closing are at the rates of the day before they end, each movement at the rate of its own day, and
    `exchange` is what remains.
    """
    may_see_all(actor)
    found = ledger_money(session, [period], (), as_of=as_of).measures
    sums = {name: Money(int(values[0, 0]), REPORTING) for name, values in found.items()}
    return Bridge(
        period, sums["opening"], {kind: sums[kind] for kind in KINDS}, sums["exchange"], closing=sums["closing"]
    )


def tier_months(session: ReadSession, actor: Actor, months: list[Period], *, as_of: datetime) -> pd.DataFrame:
    """Return MRR at the end of each of some months (or at `as_of`) by tier; needs `finance:read`.

    Columns: month (its first day, datetime64), tier_id, mrr_minor (int64, of REPORTING). A row for each month and each
    tier that had MRR in it or in one of the months before.
    """
    may_see_all(actor)
    found = ledger_money(session, months, ("tier",), as_of=as_of)
    levels = found.measures["closing"]
    begun = np.logical_or.accumulate((levels != 0) | (found.measures["opening"] != 0), axis=1)
    rows = [
        (month.start.replace(tzinfo=None), tier, levels[number, column])
        for column, month in enumerate(months)
        for number, tier in enumerate(found.groups["tier"])
        if begun[number, column]
    ]
    frame = pd.DataFrame(rows, columns=["month", "tier_id", "mrr_minor"])
    return frame.astype({"month": "datetime64[us]", "mrr_minor": "int64"})


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
    may_see_all(actor)
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


def steps_of_everybody(session: ReadSession, until: datetime) -> list[tuple[UUID, datetime, str, str]]:
    """Return organization, date, kind and tier of every movement up to `until`, in order.

    For a test of health on the past: asks no permission, and tells no amount.
    """
    c = movement.c
    statement = select(c.organization_id, c.effective_at, c.kind, c.tier_id).where(c.effective_at <= until)
    rows = session.execute(statement.order_by(c.organization_id, c.effective_at, c.id))
    return [(row.organization_id, row.effective_at, row.kind, row.tier_id) for row in rows]


def _by_currency(session: ReadSession, where: ColumnElement[bool]) -> list[Money]:
    """Return the balance of every currency that ever moved, zero balances included."""
    statement = select(movement.c.currency, _CHANGE.label("minor")).where(where).group_by(movement.c.currency)
    return [Money(int(row.minor), row.currency) for row in session.execute(statement)]


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
