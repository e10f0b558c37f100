"""Shapes of coupons on the wire: what one takes off, who redeemed it, and why nobody can any more."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Strict
from api.schemas.enterprise import AgreedAmount, Amount
from api.schemas.plans import Number, Why
from api.schemas.releases import Moment
from core.billing.coupons import LONGEST_LABEL, CouponTerms, KeptCoupon, Redemption
from core.money import Money

Code = Annotated[str, Field(min_length=3, max_length=40, description="Capital letters, digits, - and _.")]
Duration = Literal["once", "repeating", "forever"]


class CreateCoupon(Strict):
    """What comes off each billing period, a percentage or an amount; `months` for a repeating one."""

    code: Code
    label: Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL)]
    duration: Duration
    percent: Number | None = None
    amount: AgreedAmount | None = None
    months: Annotated[int, Field(ge=1, le=120)] | None = None
    redeem_by: Moment | None = None
    max_redemptions: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    def terms(self) -> CouponTerms:
        """Return it as the core takes it."""
        amount = None if self.amount is None else Money(self.amount.minor, self.amount.currency)
        return CouponTerms(
            self.code.upper(),
            self.label,
            self.duration,
            None if self.percent is None else Decimal(self.percent),
            amount,
            self.months,
            self.redeem_by,
            self.max_redemptions,
        )


class WithdrawCoupon(Strict):
    """Which coupon nobody may redeem any more, and why."""

    code: Code
    reason: Why


class RedeemCoupon(Strict):
    """Which coupon to put on the subscription."""

    code: Code


class CouponEntry(Answer):
    """A coupon; `closed` says why nobody can redeem it any more, or is null."""

    code: str
    label: str
    duration: Duration
    percent: str | None
    amount: Amount | None
    months: int | None
    redeem_by: datetime | None
    max_redemptions: int | None
    redeemed: int
    closed: str | None

    @classmethod
    def of(cls, one: KeptCoupon, now: datetime) -> "CouponEntry":
        """Return it."""
        terms = one.terms
        same = ("code", "label", "duration", "months", "redeem_by", "max_redemptions")
        return cls(
            **{name: getattr(terms, name) for name in same},
            percent=None if terms.percent is None else f"{terms.percent:f}",
            amount=None if terms.amount is None else Amount.model_validate(terms.amount),
            redeemed=one.redeemed,
            closed=one.closed(now),
        )


class CouponList(Answer):
    """Coupons, the newest first."""

    coupons: list[CouponEntry]


class RedeemedAnswer(Answer):
    """The redemption: until when it takes off (null: forever), and what the subscription is worth a month now."""

    id: UUID
    code: str
    redeemed_at: datetime
    ends_at: datetime | None
    mrr: Amount

    @classmethod
    def of(cls, one: Redemption, mrr: Money) -> "RedeemedAnswer":
        """Return it."""
        said = {name: getattr(one, name) for name in ("id", "code", "redeemed_at", "ends_at")}
        return cls(**said, mrr=Amount.model_validate(mrr))
