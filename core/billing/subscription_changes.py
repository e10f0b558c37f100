"""What each act on a subscription makes of it: the terms that follow, or that none do; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, get_args

from core.billing.cancellations import require_running
from core.billing.pauses import paused, resumed
from core.billing.reads import CouponDuration, Subscription
from core.errors import Conflict, InvalidInput
from core.ids import new_id
from core.money import Money
from core.periods import BillingPeriod, billing_period

Act = Literal["change", "pause", "resume", "cancel", "convert", "coupon", "coupon_end"]
ACTS: Final[tuple[Act, ...]] = get_args(Act)
_LARGEST: Final = 10**12
MOST_SEATS: Final = 1_000_000


@dataclass(frozen=True)
class Coupon:
    """What comes off each billing period: a percentage, or minor units of the subscription's own currency."""

    duration: CouponDuration
    percent_off: Decimal = Decimal(0)
    minor_off: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.percent_off <= 100 or not 0 <= self.minor_off <= _LARGEST:
            raise InvalidInput("A coupon takes off 0 to 100 percent, or an amount of nothing or more.", field="coupon")
        if bool(self.percent_off) == bool(self.minor_off):
            raise InvalidInput("Give a coupon either a percentage or an amount.", field="coupon")


@dataclass(frozen=True)
class Terms:
    """What an act changes; None stays as it is."""

    quantity: int | None = None
    amount: Money | None = None
    tier_id: str | None = None
    billing_period: BillingPeriod | None = None
    coupon: Coupon | None = None

    def __post_init__(self) -> None:
        if self.quantity is not None and not 1 <= self.quantity <= MOST_SEATS:
            raise InvalidInput(f"Give a quantity of 1 to {MOST_SEATS:,}.", field="quantity")
        if self.amount is not None and not 0 <= self.amount.minor <= _LARGEST:
            raise InvalidInput("A subscription costs nothing or more.", field="amount")

    def written(self) -> dict[str, Any]:
        """Return it as JSON that `read` understands, for a change that waits."""
        said: dict[str, Any] = {
            "quantity": self.quantity,
            "amountMinor": self.amount.minor if self.amount else None,
            "currency": self.amount.currency if self.amount else None,
            "tier": self.tier_id,
            "billingPeriod": self.billing_period,
        }
        if self.coupon is not None:
            coupon = self.coupon
            said |= {
                "couponDuration": coupon.duration,
                "percentOff": str(coupon.percent_off),
                "minorOff": coupon.minor_off,
            }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> "Terms":
        """Return what `written` wrote."""
        coupon = None
        if "couponDuration" in said:
            coupon = Coupon(said["couponDuration"], Decimal(said["percentOff"]), said["minorOff"])
        amount = Money(said["amountMinor"], said["currency"]) if "amountMinor" in said else None
        period = billing_period(said["billingPeriod"]) if "billingPeriod" in said else None
        return cls(said.get("quantity"), amount, said.get("tier"), period, coupon)


NOTHING: Final = Terms()


def following(current: Subscription, at: datetime, **changed: Any) -> Subscription:
    """Return the subscription that follows one from `at` on, of the same chain."""
    return replace(
        current, **{"id": new_id(), "agreement_id": current.agreement, "started_at": at, "ended_at": None, **changed}
    )


def successor(current: Subscription, act: Act, terms: Terms, at: datetime) -> Subscription | None:
    """Return what follows a running subscription once the act has taken effect, or None where nothing does.

    Raises Conflict for an act that it can't be subject to, and InvalidInput for a change that changes nothing.
    """
    require_running(current)
    match act:
        case "change":
            return _changed(current, terms, at)
        case "pause":
            return following(current, at, phase=paused(current))
        case "resume":
            return following(current, at, phase=resumed(current))
        case "convert":
            if current.phase != "trial":
                raise Conflict("This subscription is in no trial.", code="no_trial")
            return following(current, at, phase="active")
        case "coupon":
            return _discounted(current, terms.coupon, at)
        case "coupon_end":
            if current.coupon_duration is None:
                raise Conflict("No coupon stands on this subscription.", code="no_coupon")
            return following(current, at, percent_off=Decimal(0), minor_off=0, coupon_duration=None)
        case "cancel":
            return None


def _changed(current: Subscription, terms: Terms, at: datetime) -> Subscription:
    named = {
        "quantity": terms.quantity,
        "amount": terms.amount,
        "tier_id": terms.tier_id,
        "billing_period": terms.billing_period,
    }
    changed = {name: value for name, value in named.items() if value is not None}
    if all(getattr(current, name) == value for name, value in changed.items()):
        raise InvalidInput("These are its terms already. Change at least one of them.", code="nothing_changed")
    if terms.amount is not None and terms.amount.currency != current.amount.currency:
        raise InvalidInput(
            "Another currency is another subscription: change the currency by itself.", field="amount", code="currency"
        )
    return following(current, at, **changed)


def _discounted(current: Subscription, coupon: Coupon | None, at: datetime) -> Subscription:
    if coupon is None:
        raise InvalidInput("Say what the coupon takes off.", field="coupon")
    return following(
        current,
        at,
        percent_off=coupon.percent_off,
        minor_off=coupon.minor_off,
        coupon_duration=coupon.duration,
    )
