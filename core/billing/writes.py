"""Subscriptions started, changed and ended; the movement each causes is recorded by finance, one rung up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Subscription, active_subscription
from core.errors import Conflict, InvalidInput
from core.ids import new_id
from core.money import Money
from core.periods import BillingPeriod
from db.models.billing import subscription
from db.session import WriteSession

_PRICING = (Permission.LICENSE_CREATE, Permission.LICENSE_UPDATE_TIER, Permission.LICENSE_REVOKE)


def start_subscription(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    license_id: UUID,
    tier_id: str,
    billing_period: BillingPeriod,
    amount: Money,
    *,
    now: datetime,
    quantity: int = 1,
) -> Subscription:
    """Begin to charge `amount` a period for a license; Conflict where a subscription already pays for it."""
    _may_price(actor)
    _check_terms(amount, quantity)
    if active_subscription(session, actor, license_id) is not None:
        raise Conflict("This license already has a subscription. Change that one.", code="already_subscribed")
    made = _begin(session, organization_id, license_id, tier_id, billing_period, amount, quantity, now)
    _record(session, actor, "subscription.started", made, now=now, after=_terms(made))
    return made


def end_subscription(
    session: WriteSession, actor: Actor, ended: Subscription, *, now: datetime, reason: str | None = None
) -> None:
    """Charge no more from `now` on; Conflict where it has ended already."""
    _may_price(actor)
    _end(session, ended, now)
    _record(session, actor, "subscription.ended", ended, now=now, before=_terms(ended), reason=reason)


def change_subscription(
    session: WriteSession,
    actor: Actor,
    current: Subscription,
    tier_id: str,
    billing_period: BillingPeriod,
    amount: Money,
    *,
    now: datetime,
) -> Subscription:
    """Replace the terms from `now` on and return the new subscription; the old one stays as history."""
    _may_price(actor)
    _check_terms(amount, current.quantity)
    _end(session, current, now)
    made = _begin(
        session,
        current.organization_id,
        current.license_id,
        tier_id,
        billing_period,
        amount,
        current.quantity,
        now,
    )
    _record(session, actor, "subscription.changed", made, now=now, before=_terms(current), after=_terms(made))
    return made


def _may_price(actor: Actor) -> None:
    actor.require_vendor()
    if not any(actor.may(permission) for permission in _PRICING):
        actor.require(Permission.LICENSE_UPDATE_TIER)


def _check_terms(amount: Money, quantity: int) -> None:
    if amount.minor < 0 or quantity < 1:
        raise InvalidInput("A subscription costs nothing or more, for a quantity of at least one.", field="amount")


def _begin(
    session: WriteSession,
    organization_id: UUID,
    license_id: UUID,
    tier_id: str,
    billing_period: BillingPeriod,
    amount: Money,
    quantity: int,
    now: datetime,
) -> Subscription:
    made = Subscription(
        new_id(), organization_id, license_id, tier_id, billing_period, amount, quantity, started_at=now, ended_at=None
    )
    session.execute(
        insert(subscription).values(
            id=made.id,
            organization_id=organization_id,
            license_id=license_id,
            tier_id=tier_id,
            billing_period=billing_period,
            currency=amount.currency,
            amount_minor=amount.minor,
            quantity=quantity,
            started_at=now,
        )
    )
    return made


def _end(session: WriteSession, ended: Subscription, now: datetime) -> None:
    if now < ended.started_at:
        raise Conflict("A subscription can't end before it began.", code="ends_before_start")
    still_open = (subscription.c.id == ended.id) & subscription.c.ended_at.is_(None)
    if session.execute(update(subscription).where(still_open).values(ended_at=now)).rowcount == 0:
        raise Conflict("This subscription has already ended.", code="already_ended")


def _terms(of: Subscription) -> dict[str, Any]:
    return {
        "licenseId": str(of.license_id),
        "tier": of.tier_id,
        "billingPeriod": of.billing_period,
        "amountMinor": of.amount.minor,
        "currency": of.amount.currency,
        "quantity": of.quantity,
    }


def _record(
    session: WriteSession,
    actor: Actor,
    action: str,
    of: Subscription,
    *,
    now: datetime,
    reason: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    target = ("subscription", str(of.id))
    audit.record(
        session,
        actor,
        action,
        target,
        now=now,
        organization_id=of.organization_id,
        reason=reason,
        before=before,
        after=after,
    )
