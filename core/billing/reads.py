"""Prices in force and the subscriptions behind licenses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.recurring import monthly_value
from core.errors import InvalidInput, NotFound
from core.money import Money
from core.periods import BillingPeriod
from db.models.billing import price, product, subscription
from db.session import ReadSession

Phase = Literal["trial", "active", "paused"]
CouponDuration = Literal["once", "repeating", "forever"]
NO_DISCOUNT: Final = Decimal(0)


@dataclass(frozen=True)
class Price:
    """What a tier costs a period, from `valid_from` until the next price of the same list."""

    tier_id: str
    billing_period: BillingPeriod
    amount: Money
    valid_from: datetime

    @property
    def mrr(self) -> Money:
        """What it is worth a month."""
        return monthly_value(self.amount, self.billing_period)


@dataclass(frozen=True)
class Subscription:
    """A priced agreement, mostly behind a license; a change of terms or phase ends one and starts the next.

    `product_id` is the one product it is sold for; None where it pays for all that its tier holds. `agreement_id` is
    the first of the chain of changes; None for the first itself. A coupon takes `percent_off` and then `minor_off` off
    the amount times quantity of each billing period.
    """

    id: UUID
    organization_id: UUID
    license_id: UUID | None
    tier_id: str
    billing_period: BillingPeriod
    amount: Money
    quantity: int
    started_at: datetime
    ended_at: datetime | None
    product_id: str | None = None
    agreement_id: UUID | None = None
    phase: Phase = "active"
    percent_off: Decimal = NO_DISCOUNT
    minor_off: int = 0
    coupon_duration: CouponDuration | None = None

    @property
    def agreement(self) -> UUID:
        """The id of the first of its chain of changes, its own where nothing came before it."""
        return self.agreement_id or self.id

    @property
    def mrr(self) -> Money:
        """What it is worth a month while it lasts; nothing in a trial and in a pause."""
        if self.phase != "active":
            return Money(0, self.amount.currency)
        return self.agreed_mrr

    @property
    def agreed_mrr(self) -> Money:
        """What it is worth a month when it is neither in a trial nor paused."""
        off, minor_off = self.percent_off, self.minor_off
        return monthly_value(self.amount, self.billing_period, self.quantity, percent_off=off, minor_off=minor_off)


def prices_in_force(session: ReadSession, at: datetime) -> tuple[Price, ...]:
    """Return the price lists as they stand at `at`, one row a tier, period and currency."""
    key = (price.c.tier_id, price.c.billing_period, price.c.currency)
    statement = (
        select(*key, price.c.amount_minor, price.c.valid_from)
        .where(price.c.valid_from <= at)
        .ext(distinct_on(*key))
        .order_by(*key, price.c.valid_from.desc())
    )
    return tuple(
        Price(row.tier_id, row.billing_period, Money(row.amount_minor, row.currency), row.valid_from)
        for row in session.execute(statement)
    )


def price_in_force(
    session: ReadSession, tier_id: str, billing_period: BillingPeriod, currency: str, at: datetime
) -> Price:
    """Return what a tier costs at `at`, or raise InvalidInput where no price list holds it."""
    statement = (
        select(price.c.amount_minor, price.c.valid_from)
        .where(price.c.tier_id == tier_id, price.c.billing_period == billing_period, price.c.currency == currency)
        .where(price.c.valid_from <= at)
        .order_by(price.c.valid_from.desc())
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise InvalidInput(
            f"No price list has {tier_id}, {billing_period}, in {currency}. Choose another tier, period or currency.",
            code="no_price",
        )
    return Price(tier_id, billing_period, Money(row.amount_minor, currency), row.valid_from)


def products(session: ReadSession) -> dict[str, str]:
    """Return the label of each product by its id, in the order in which they are shown."""
    statement = select(product.c.id, product.c.label).order_by(product.c.rank, product.c.id)
    return {row.id: row.label for row in session.execute(statement)}


def active_subscription(session: ReadSession, actor: Actor, license_id: UUID) -> Subscription | None:
    """Return the subscription that pays for a license now, or None: a trial, a free license, or one that ended."""
    return _one(session, actor, license_id, subscription.c.ended_at.is_(None))


def active_subscriptions(session: ReadSession, actor: Actor, license_ids: Sequence[UUID]) -> dict[UUID, Subscription]:
    """Return the same for several licenses; those that nothing pays for are left out."""
    c = subscription.c
    running = select(subscription).where(c.license_id.in_(license_ids), c.ended_at.is_(None))
    newest = running.ext(distinct_on(c.license_id)).order_by(c.license_id, c.started_at.desc(), c.id.desc())
    found = {}
    for row in session.execute(newest):
        actor.require_sight_of(row.organization_id)
        found[row.license_id] = subscription_of(row)
    return found


def latest_subscription(session: ReadSession, actor: Actor, license_id: UUID) -> Subscription | None:
    """Return the subscription that pays for a license, or last did."""
    return _one(session, actor, license_id)


def latest_currency(session: ReadSession, organization_id: UUID) -> str | None:
    """Return the currency that a customer pays in or last paid in, or None for one who never paid."""
    statement = (
        select(subscription.c.currency)
        .where(subscription.c.organization_id == organization_id)
        .order_by(subscription.c.started_at.desc(), subscription.c.id.desc())
        .limit(1)
    )
    found: str | None = session.execute(statement).scalar_one_or_none()
    return found


def latest_start(session: ReadSession, organization_id: UUID) -> datetime | None:
    """Return when a customer's newest subscription began, or None for one who never paid."""
    newest = select(func.max(subscription.c.started_at)).where(subscription.c.organization_id == organization_id)
    found: datetime | None = session.execute(newest).scalar_one()
    return found


def subscriptions_of(session: ReadSession, actor: Actor, organization_id: UUID) -> tuple[Subscription, ...]:
    """Return every subscription a customer has or had, newest first; needs `finance:read`."""
    actor.require(Permission.FINANCE_READ)
    actor.require_sight_of(organization_id)
    statement = (
        select(subscription)
        .where(subscription.c.organization_id == organization_id)
        .order_by(subscription.c.started_at.desc(), subscription.c.id.desc())
    )
    return tuple(subscription_of(row) for row in session.execute(statement))


def subscription_by_id(session: ReadSession, actor: Actor, subscription_id: UUID) -> Subscription:
    """Return one subscription; NotFound for another tenant's or none."""
    row = session.execute(select(subscription).where(subscription.c.id == subscription_id)).one_or_none()
    if row is None or (actor.realm != "vendor" and row.organization_id != actor.organization_id):
        raise NotFound("There is no such subscription, or you may not see it.")
    return subscription_of(row)


def chain_of(session: ReadSession, actor: Actor, subscription_id: UUID) -> tuple[Subscription, ...]:
    """Return every subscription of the chain that one is part of, the oldest first; NotFound as above."""
    first = subscription_by_id(session, actor, subscription_id).agreement
    mine = (subscription.c.id == first) | (subscription.c.agreement_id == first)
    # By its end too: what began and ended at one instant comes before what followed it.
    ordered = select(subscription).where(mine).order_by(subscription.c.started_at, subscription.c.ended_at.nulls_last())
    return tuple(subscription_of(row) for row in session.execute(ordered))


def subscriptions_without_license(session: ReadSession, organization_id: UUID) -> tuple[Subscription, ...]:
    """Return what a customer pays by subscriptions that were imported and stand behind no license, the oldest first.

    For writes that put a license's own terms in their place, so asks no permission.
    """
    mine = (subscription.c.organization_id == organization_id) & subscription.c.license_id.is_(None)
    running = select(subscription).where(mine, subscription.c.ended_at.is_(None))
    return tuple(subscription_of(row) for row in session.execute(running.order_by(subscription.c.started_at)))


def _one(session: ReadSession, actor: Actor, license_id: UUID, *also: Any) -> Subscription | None:
    statement = (
        select(subscription)
        .where(subscription.c.license_id == license_id, *also)
        .order_by(subscription.c.started_at.desc(), subscription.c.id.desc())
        .limit(1)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    actor.require_sight_of(row.organization_id)
    return subscription_of(row)


def subscription_of(row: Row[Any]) -> Subscription:
    """Return a row of the table as what it is."""
    return Subscription(
        row.id,
        row.organization_id,
        row.license_id,
        row.tier_id,
        row.billing_period,
        Money(row.amount_minor, row.currency),
        row.quantity,
        row.started_at,
        row.ended_at,
        row.product_id,
        row.agreement_id,
        row.phase,
        row.percent_off,
        row.minor_off,
        row.coupon_duration,
    )
