"""What is sold and who is on it: the tiers with their prices in force, customers and MRR on each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Price, prices_in_force
from core.billing.recurring import monthly_value
from core.finance.flows import exchange_rates
from core.licensing.reads import Tier, tiers
from core.money import Money
from core.periods import BillingPeriod
from db.models.billing import subscription
from db.models.licensing import license as licenses
from db.session import ReadSession


@dataclass(frozen=True)
class Terms:
    """Those who pay for a tier in one way: by what period, in which currency. `mrr` is in that currency."""

    billing_period: BillingPeriod
    currency: str
    customers: int
    mrr: Money


@dataclass(frozen=True)
class Plan:
    """A tier as it is sold.

    `customers` pay for it and bring `mrr` (in REPORTING, at that day's rates, rounded once); `trials` try it, and
    `unpaid` have it without a price. A customer with two licenses of one tier counts once.
    """

    tier: Tier
    prices: tuple[Price, ...]
    customers: int
    mrr: Money
    terms: tuple[Terms, ...]
    trials: int
    unpaid: int


def plans(session: ReadSession, actor: Actor, at: datetime) -> tuple[Plan, ...]:
    """Return the tiers from the smallest up, as they stood at an instant; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    listed: dict[str, list[Price]] = defaultdict(list)
    for price in prices_in_force(session, at):
        listed[price.tier_id].append(price)
    paying = _paying(session, at)
    held = _held(session, at)
    rates = exchange_rates(session)
    return tuple(
        Plan(
            tier,
            tuple(listed[tier.id]),
            len(set().union(*(who for who, _ in paying[tier.id].values()))),
            rates.report((mrr for _, mrr in paying[tier.id].values()), at.date()),
            tuple(Terms(*key, len(who), mrr) for key, (who, mrr) in sorted(paying[tier.id].items())),
            held.get((tier.id, "trial"), 0),
            held.get((tier.id, "free"), 0),
        )
        for tier in tiers(session)
    )


def _paying(session: ReadSession, at: datetime) -> dict[str, dict[tuple[Any, str], tuple[set[UUID], Money]]]:
    """Return who pays for each tier, by period and currency, and what they pay a month together."""
    own = subscription.c
    runs = (own.started_at <= at) & or_(own.ended_at.is_(None), own.ended_at > at)
    statement = select(subscription).where(runs, own.amount_minor > 0, own.phase == "active")
    found: dict[str, dict[tuple[Any, str], tuple[set[UUID], Money]]] = defaultdict(dict)
    for row in session.execute(statement):
        key = (row.billing_period, row.currency)
        who, mrr = found[row.tier_id].get(key, (set(), Money(0, row.currency)))
        who.add(row.organization_id)
        amount, off = Money(row.amount_minor, row.currency), row.percent_off
        worth = monthly_value(amount, row.billing_period, row.quantity, percent_off=off, minor_off=row.minor_off)
        found[row.tier_id][key] = (who, mrr + worth)
    return found


def _held(session: ReadSession, at: datetime) -> dict[tuple[str, str], int]:
    """Return how many customers hold each tier without paying for it, by term; what has ended does not count."""
    own = licenses.c
    statement = (
        select(own.tier_id, own.term, func.count(own.organization_id.distinct()).label("customers"))
        .where(own.term != "paid", own.issued_at <= at)
        .where(or_(own.revoked_at.is_(None), own.revoked_at > at), or_(own.expires_at.is_(None), own.expires_at > at))
        .group_by(own.tier_id, own.term)
    )
    return {(row.tier_id, row.term): row.customers for row in session.execute(statement)}
