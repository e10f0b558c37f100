"""The demo's coupon: a fifth off the first three months, redeemed by whoever came through the launch."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from core.access.actor import Actor
from core.accounts.agreements import settle_due
from core.accounts.coupon_redeeming import redeem
from core.billing.coupons import CouponTerms, coupons, create_coupon
from core.billing.reads import active_subscriptions
from core.licensing.reads import license_by_install
from db.session import WriteSession

COUPON: Final = CouponTerms("LAUNCH-20", "Launch: 20 % off for three months", "repeating", Decimal(20), months=3)
_FIRST: Final = timedelta(hours=1)


def redeemed(session: WriteSession, actor: Actor, install_id: str, code: str, *, now: datetime) -> None:
    """Redeem the coupon an hour after somebody came, and let it run out when its months are over."""
    if code not in {one.terms.code for one in coupons(session, actor)}:
        create_coupon(session, actor, COUPON, now=now - timedelta(days=10))
    held = license_by_install(session, actor, install_id, now=now)
    runs = active_subscriptions(session, actor, [held.id])[held.id]
    made = redeem(session, actor, code, runs.id, now=now + _FIRST).redemption
    if made.ends_at is not None:
        settle_due(session, held.organization_id, now=made.ends_at)
