"""Subscriptions started, changed and ended; the movement each causes is recorded by finance, one rung up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from core.access import audit
from core.access.actor import Actor
from core.access.permissions import Permission
from core.billing.reads import Phase, Subscription, active_subscription
from core.billing.subscription_changes import following
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
    product_id: str | None = None,
    phase: Phase = "active",
) -> Subscription:
    """Begin to charge `amount` a period for a license; Conflict where a subscription already pays for it.

    In the `phase` of a trial nothing is charged until a change ends it.
    """
    _may_price(actor)
    if active_subscription(session, actor, license_id) is not None:
        raise Conflict("This license already has a subscription. Change that one.", code="already_subscribed")
    made = Subscription(
        new_id(),
        organization_id,
        license_id,
        tier_id,
        billing_period,
        amount,
        quantity,
        now,
        None,
        product_id,
        phase=phase,
    )
    _insert(session, [made])
    _record(session, actor, "subscription.started", made, now=now, after=_terms(made))
    return made


def end_subscription(
    session: WriteSession,
    actor: Actor,
    ended: Subscription,
    *,
    now: datetime,
    reason: str | None = None,
    ends_at: datetime | None = None,
) -> Subscription:
    """Charge no more from `now` on, or from `ends_at` (the end of what is paid), and return it so ended.

    Conflict where it has ended already.
    """
    _may_price(actor)
    over = _end(session, ended, ends_at or now)
    _record(session, actor, "subscription.ended", ended, now=now, before=_terms(ended), reason=reason)
    return over


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
    made = following(current, now, tier_id=tier_id, billing_period=billing_period, amount=amount)
    return follow(session, actor, current, made, "subscription.changed", now=now)


def follow(
    session: WriteSession,
    actor: Actor,
    current: Subscription,
    made: Subscription,
    action: str,
    *,
    now: datetime,
    reason: str | None = None,
) -> Subscription:
    """End a subscription where `made` begins, which is what follows it; `action` names the change in the trail."""
    _may_price(actor)
    _end(session, current, made.started_at)
    _insert(session, [made])
    _record(session, actor, action, made, now=now, before=_terms(current), after=_terms(made), reason=reason)
    return made


def begin_again(
    session: WriteSession, actor: Actor, last: Subscription, *, now: datetime, reason: str | None = None
) -> Subscription:
    """Charge again by the terms of a subscription that has ended; Conflict where the license has another by now."""
    _may_price(actor)
    if last.license_id is not None and active_subscription(session, actor, last.license_id) is not None:
        raise Conflict("This license already has a subscription. Change that one.", code="already_subscribed")
    made = following(last, now, phase="active")
    _insert(session, [made])
    _record(session, actor, "subscription.reactivated", made, now=now, after=_terms(made), reason=reason)
    return made


def record_past_subscriptions(
    session: WriteSession, actor: Actor, rows: Sequence[Subscription], *, now: datetime
) -> None:
    """Insert subscriptions as they were elsewhere, ended or running, with ids of the caller's; one audit entry.

    Their movements are finance's (`append_history`). InvalidInput for one that ends before it begins, or costs less
    than nothing.
    """
    _may_price(actor)
    if not rows:
        return
    _insert(session, rows)
    told = {"subscriptions": len(rows), "customers": len({one.organization_id for one in rows})}
    whose = rows[0].organization_id if told["customers"] == 1 else None
    target = ("subscriptions", str(rows[0].id))
    audit.record(session, actor, "subscriptions.imported", target, now=now, organization_id=whose, after=told)


def _may_price(actor: Actor) -> None:
    actor.require_vendor()
    if not any(actor.may(permission) for permission in _PRICING):
        actor.require(Permission.LICENSE_UPDATE_TIER)


def _insert(session: WriteSession, made: Sequence[Subscription]) -> None:
    for one in made:
        if one.amount.minor < 0 or one.quantity < 1:
            raise InvalidInput("A subscription costs nothing or more, for a quantity of at least one.", field="amount")
        if one.ended_at is not None and one.ended_at < one.started_at:
            raise InvalidInput("A subscription can't end before it began.", field="endedAt", code="ends_before_start")
    session.execute(insert(subscription), [_row(one) for one in made])


def _row(of: Subscription) -> dict[str, Any]:
    row = {name: getattr(of, name) for name in Subscription.__dataclass_fields__ if name != "amount"}
    return {**row, "amount_minor": of.amount.minor, "currency": of.amount.currency}


def _end(session: WriteSession, ended: Subscription, at: datetime) -> Subscription:
    if at < ended.started_at:
        raise Conflict("A subscription can't end before it began.", code="ends_before_start")
    still_open = (subscription.c.id == ended.id) & subscription.c.ended_at.is_(None)
    if session.execute(update(subscription).where(still_open).values(ended_at=at)).rowcount == 0:
        raise Conflict("This subscription has already ended.", code="already_ended")
    return replace(ended, ended_at=at)


def _terms(of: Subscription) -> dict[str, Any]:
    return {
        "licenseId": str(of.license_id) if of.license_id else None,
        "tier": of.tier_id,
        **({"product": of.product_id} if of.product_id else {}),
        "billingPeriod": of.billing_period,
        "amountMinor": of.amount.minor,
        "currency": of.amount.currency,
        "quantity": of.quantity,
        **({"phase": of.phase} if of.phase != "active" else {}),
        **({"percentOff": str(of.percent_off), "minorOff": of.minor_off} if of.coupon_duration else {}),
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
