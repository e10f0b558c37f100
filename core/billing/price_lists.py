"""Every price that ever stood on a list, and whom a new one would concern."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import or_, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Price, price_in_force
from core.billing.recurring import monthly_value
from core.money import Money
from core.periods import BillingPeriod
from db.models.billing import price, subscription
from db.models.organizations import organization
from db.session import ReadSession


@dataclass(frozen=True)
class PriceVersion:
    """A price and until when it stood; None where nothing has followed it."""

    price: Price
    until: datetime | None


@dataclass(frozen=True)
class Affected:
    """A subscription at the list's price, and what it is worth a month before and after a new one."""

    subscription_id: UUID
    organization_id: UUID
    customer: str
    quantity: int
    before: Money
    after: Money


@dataclass(frozen=True)
class PriceEffect:
    """What a new price would do to those who pay by its list.

    `affected` pay what the list asks; `kept` is how many subscriptions have terms of their own and would keep them.
    `change` is the MRR that moves if the affected are moved, in the list's currency; for new customers alone it is
    nothing at first.
    """

    current: Price
    affected: tuple[Affected, ...]
    kept: int
    change: Money


def price_versions(session: ReadSession, actor: Actor) -> tuple[PriceVersion, ...]:
    """Return all prices of each list (tier, period, currency), the oldest first; needs `finance:read`."""
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    key = (price.c.tier_id, price.c.billing_period, price.c.currency)
    rows = session.execute(select(*key, price.c.amount_minor, price.c.valid_from).order_by(*key, price.c.valid_from))
    found = []
    for _, versions in groupby(rows, key=lambda row: tuple(row[:3])):
        prices = [
            Price(row.tier_id, row.billing_period, Money(row.amount_minor, row.currency), row.valid_from)
            for row in versions
        ]
        ends = [*(each.valid_from for each in prices[1:]), None]
        found += [PriceVersion(each, until) for each, until in zip(prices, ends, strict=True)]
    return tuple(found)


def price_effect(
    session: ReadSession, actor: Actor, tier_id: str, period: BillingPeriod, amount: Money, at: datetime
) -> PriceEffect:
    """Return whom a price of a list would concern if it were asked of those who pay now; needs `finance:read`.

    The largest change comes first. A subscription counts as on the list where it pays, for each unit, exactly what the
    list asks at `at`.
    """
    actor.require_vendor()
    actor.require(Permission.FINANCE_READ)
    current = price_in_force(session, tier_id, period, amount.currency, at)
    own = subscription.c
    statement = (
        select(own.id, own.organization_id, organization.c.name, own.amount_minor, own.quantity)
        .join(organization, organization.c.id == own.organization_id)
        .where(own.tier_id == tier_id, own.billing_period == period, own.currency == amount.currency)
        .where(own.started_at <= at, or_(own.ended_at.is_(None), own.ended_at > at))
        .order_by(own.quantity.desc(), organization.c.name, own.id)
    )
    affected, kept = [], 0
    for row in session.execute(statement):
        if row.amount_minor != current.amount.minor:
            kept += 1
            continue
        before, after = (monthly_value(each, period, row.quantity) for each in (current.amount, amount))
        affected.append(Affected(row.id, row.organization_id, row.name, row.quantity, before, after))
    change = sum((each.after - each.before for each in affected), start=Money(0, amount.currency))
    return PriceEffect(current, tuple(affected), kept, change)
