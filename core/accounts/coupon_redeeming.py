"""A coupon put on a subscription: who may redeem it, what comes off, and what that moves, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.agreements import Done, apply_coupon
from core.accounts.turns import turn
from core.billing.coupons import Redemption, claim
from core.billing.reads import chain_of, subscription_by_id
from core.billing.subscription_changes import Coupon
from core.errors import Conflict
from core.money import Money
from db.session import WriteSession


@dataclass(frozen=True)
class Redeemed:
    """The redemption, and what came of it: the subscription with its discount, and what moved."""

    redemption: Redemption
    done: Done


def redeem(session: WriteSession, actor: Actor, code: str, subscription_id: UUID, *, now: datetime) -> Redeemed:
    """Redeem a coupon for a running subscription from now on; needs `license:update_tier`.

    A coupon before it is replaced. Raises Conflict where the coupon is closed or was redeemed here before, or where the
    subscription has ended.
    """
    actor.require_vendor()
    actor.require(Permission.LICENSE_UPDATE_TIER)
    now = turn(session, subscription_by_id(session, actor, subscription_id).organization_id, now)
    current = chain_of(session, actor, subscription_id)[-1]
    if current.ended_at is not None and current.ended_at <= now:
        raise Conflict("This subscription has ended. Reactivate it before a coupon.", code="already_ended")
    kept, made = claim(session, actor, code, current, now=now)
    terms = kept.terms
    off = Coupon(
        terms.duration,
        **({} if terms.percent is None else {"percent_off": terms.percent}),
        minor_off=(terms.amount or Money(0, current.amount.currency)).minor,
    )
    reason = f"Coupon {terms.code}"
    return Redeemed(made, apply_coupon(session, actor, current.id, off, now=now, until=made.ends_at, reason=reason))
