"""What an item of a Stripe subscription means in our terms: tier, period, price, phase, coupon, from when to when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from core.billing.reads import CouponDuration, Phase, Subscription
from core.billing.stripe.amounts import our_amount
from core.errors import InvalidInput
from core.ids import new_id
from core.money import Money, round_half_up
from core.periods import BillingPeriod

Json = Mapping[str, Any]
TierOf = Callable[[Json], str | None]
NEVER_BEGUN: Final = frozenset({"incomplete", "incomplete_expired"})
OVER: Final = frozenset({"canceled", "unpaid"})
_PERIODS: Final[dict[tuple[str, int], BillingPeriod]] = {
    ("month", 1): "monthly",
    ("month", 3): "quarterly",
    ("month", 12): "annual",
    ("year", 1): "annual",
}
# How many months an interval of Stripe's is, where we have none of its length: 52 weeks and 365 days are a year.
_MONTHS: Final = {"day": Decimal(12) / 365, "week": Decimal(12) / 52, "month": Decimal(1), "year": Decimal(12)}


@dataclass(frozen=True)
class ItemTerms:
    """The terms of one item as they are now; `begins` to `ends` is when they are charged, a trial included."""

    item_id: str
    subscription_id: str
    tier_id: str
    billing_period: BillingPeriod
    amount: Money
    quantity: int
    phase: Phase
    begins: datetime
    trial_ends: datetime | None
    ends: datetime | None
    percent_off: Decimal = Decimal(0)
    minor_off: int = 0
    coupon_duration: CouponDuration | None = None

    def written(self) -> dict[str, Any]:
        """Return what is compared when Stripe tells the item again, as JSON; dates apart, which don't change terms."""
        return {
            "tier": self.tier_id,
            "billingPeriod": self.billing_period,
            "amountMinor": self.amount.minor,
            "currency": self.amount.currency,
            "quantity": self.quantity,
            "phase": self.phase,
            "percentOff": f"{self.percent_off:f}",
            "minorOff": self.minor_off,
            "couponDuration": self.coupon_duration,
        }

    def changes(self) -> dict[str, Any]:
        """Return the terms as fields of a subscription of ours."""
        return {
            "tier_id": self.tier_id,
            "billing_period": self.billing_period,
            "amount": self.amount,
            "quantity": self.quantity,
            "phase": self.phase,
            "percent_off": self.percent_off,
            "minor_off": self.minor_off,
            "coupon_duration": self.coupon_duration,
        }

    def chain(self, organization_id: UUID) -> list[Subscription]:
        """Return what it is here when it is seen for the first time: a trial that is over comes before what follows.

        What happened before to quantity and price is not known to Stripe's subscription, so it has been as it is now.
        """
        made = new_id()
        one = Subscription(made, organization_id, None, started_at=self.begins, ended_at=self.ends, **self.changes())
        ended_in_trial = self.trial_ends is None or (self.ends is not None and self.ends <= self.trial_ends)
        if self.phase == "trial" or ended_in_trial or self.trial_ends is None or self.trial_ends <= self.begins:
            return [one]
        later = replace(one, id=new_id(), agreement_id=made, started_at=self.trial_ends)
        return [replace(one, phase="trial", ended_at=self.trial_ends), later]


def items_of(subscription: Json) -> list[Json]:
    """Return the items of a subscription."""
    return list((subscription.get("items") or {}).get("data") or [])


def intent_of(payment: Json) -> str:
    """Return the id that a payment of an invoice goes by: its payment intent's, or where it has none its own."""
    paid = payment.get("payment") or {}
    found = paid.get("payment_intent")
    found = found.get("id") if isinstance(found, Mapping) else found
    return str(found or paid.get("charge") or payment.get("id"))


def is_over(subscription: Json) -> bool:
    """Whether nothing is charged any more by Stripe's word: canceled, or given up as unpaid."""
    return subscription["status"] in OVER


def ended_at(subscription: Json, seen_at: datetime) -> datetime | None:
    """Return when it ended; an unpaid one, which Stripe gives no end, when that was first seen."""
    if not is_over(subscription):
        return None
    stamp = subscription.get("ended_at") or subscription.get("canceled_at")
    return _instant(stamp) or seen_at


def terms_of(subscription: Json, item: Json, tier_of: TierOf, *, seen_at: datetime) -> ItemTerms | None:
    """Return the terms of an item, or None where it makes no MRR: metered usage, or not begun.

    Raises InvalidInput, in a sentence that says what to set in Stripe, for what has no counterpart here.
    """
    price = item["price"]
    recurring = price.get("recurring")
    if subscription["status"] in NEVER_BEGUN or recurring is None or recurring.get("usage_type") == "metered":
        return None
    tier_id = tier_of(price)
    if tier_id is None:
        raise InvalidInput(
            f"Price {price['id']} is of no tier here: set metadata `tier` on it or on its product in Stripe.",
            code="no_tier",
        )
    if item.get("discounts"):
        raise InvalidInput(
            f"Item {item['id']} has a coupon of its own: put the coupon on the subscription.", code="item_coupon"
        )
    period, amount, quantity = _priced(price, item.get("quantity"))
    percent, off, duration = _coupon(subscription, first=items_of(subscription)[0]["id"] == item["id"])
    begins = _instant(subscription.get("start_date") or subscription["created"])
    if begins is None:
        raise InvalidInput(f"Subscription {subscription['id']} has no beginning.", code="no_start")
    ends = ended_at(subscription, seen_at)
    return ItemTerms(
        item["id"],
        subscription["id"],
        tier_id,
        period,
        amount,
        quantity,
        _phase(subscription),
        begins,
        _instant(subscription.get("trial_end")),
        None if ends is None else max(ends, begins),
        percent,
        off,
        duration,
    )


def _phase(subscription: Json) -> Phase:
    if subscription["status"] == "trialing":
        return "trial"
    return "paused" if subscription["status"] == "paused" or subscription.get("pause_collection") else "active"


def _priced(price: Json, quantity: int | None) -> tuple[BillingPeriod, Money, int]:
    """Return period, price and quantity; what our periods or whole cents can't say becomes one amount of its worth."""
    unit = _unit(price)
    many = 1 if quantity is None else quantity
    grouped = price.get("transform_quantity")
    if grouped:
        whole, rest = divmod(many, grouped["divide_by"])
        many = whole + (1 if rest and grouped["round"] == "up" else 0)
    currency = str(price["currency"])
    recurring = price["recurring"]
    period = _PERIODS.get((recurring["interval"], recurring["interval_count"]))
    if period is None:
        months = _MONTHS[recurring["interval"]] * recurring["interval_count"]
        return "monthly", our_amount(round_half_up(unit * many / months), currency), 1
    if unit != unit.to_integral_value() or many < 1:
        return period, our_amount(round_half_up(unit * many), currency), 1
    return period, our_amount(int(unit), currency), many


def _unit(price: Json) -> Decimal:
    said = price.get("unit_amount_decimal")
    said = price.get("unit_amount") if said is None else said
    if said is None or price.get("billing_scheme") == "tiered":
        raise InvalidInput(
            f"Price {price['id']} is tiered, so its subscription does not say what it costs: Calos takes in prices per "
            "unit.",
            code="tiered_price",
        )
    try:
        return Decimal(str(said))
    except InvalidOperation as wrong:
        raise InvalidInput(f"Price {price['id']} has no readable amount.", code="unreadable") from wrong


def _coupon(subscription: Json, *, first: bool) -> tuple[Decimal, int, CouponDuration | None]:
    """Return what comes off each period: percentages of what is left, and amounts off the first item alone."""
    left, off, durations = Decimal(1), 0, set()
    for discount in subscription.get("discounts") or []:
        coupon = (discount.get("source") or {}).get("coupon") if isinstance(discount, Mapping) else None
        if not isinstance(coupon, Mapping):
            continue
        if coupon.get("percent_off"):
            left *= 1 - Decimal(str(coupon["percent_off"])) / 100
            durations.add(coupon["duration"])
        elif coupon.get("amount_off") and first:
            off += our_amount(coupon["amount_off"], coupon["currency"]).minor
            durations.add(coupon["duration"])
    if not durations:
        return Decimal(0), 0, None
    longest: CouponDuration = next(one for one in ("forever", "repeating", "once") if one in durations)
    return ((1 - left) * 100).quantize(Decimal("0.000001")), off, longest


def _instant(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)
