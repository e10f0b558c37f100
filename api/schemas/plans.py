"""Shapes of plans on the wire: prices, what was agreed with one customer, and usage charges."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Day, Strict
from api.schemas.enterprise import AgreedAmount, Amount, BillingPeriodName, Reason, TierName
from api.schemas.releases import Moment
from core.billing.charges import Charge, charged, usage_charge
from core.billing.charges_priced import LONGEST_LABEL, UsagePrice
from core.billing.charges_stored import as_json
from core.billing.custom_prices import LONGEST_REASON, CustomPrice
from core.billing.price_lists import PriceVersion
from core.errors import InvalidInput
from core.finance.plans import Plan
from core.money import exponent, round_half_up
from core.periods import BillingPeriod

Number = Annotated[str, Field(pattern=r"^[0-9]{1,18}(\.[0-9]{1,12})?$", description="A decimal number as text: 0.05.")]
Currency = Annotated[str, Field(min_length=3, max_length=3, description="ISO 4217, as EUR.")]
FirstDay = Annotated[Day, Field(alias="from", description="The UTC day that it begins on: tomorrow or later.")]
Why = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
ModelName = Literal["standard", "graduated", "volume", "package", "percentage", "graduated_percentage"]


class TierOfCharge(Strict):
    """Units up to and including `upTo`, null for the last; `price` each (or percent), `flat` once."""

    up_to: Number | None = None
    price: Number = "0"
    flat: Number = "0"


class ChargeGiven(Strict):
    """How usage is charged: the fields that its `model` has, each number as text."""

    model: ModelName
    price: Number | None = None
    free: Number | None = None
    size: Number | None = None
    rate: Number | None = None
    fixed: Number | None = None
    free_units: Number | None = None
    free_events: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    least: Number | None = None
    most: Number | None = None
    tiers: Annotated[list[TierOfCharge], Field(min_length=1, max_length=50)] | None = None
    minimum: Number | None = None

    def definition(self) -> dict[str, Any]:
        """Return it as the core reads it."""
        return self.model_dump(by_alias=True, exclude_none=True)


class AddPrice(Strict):
    """A new price of a list; with `existing`, also for those who pay by the list, on its day."""

    tier: TierName
    billing_period: BillingPeriodName
    amount: AgreedAmount
    first: FirstDay
    existing: bool = False
    reason: Reason | None = None


class AgreeOnPrice(Strict):
    """A price of one customer, from now or `startsAt` on, until `endsAt` or until somebody ends it."""

    organization_id: Annotated[UUID, Field(strict=False)]
    tier: TierName
    billing_period: BillingPeriodName
    amount: AgreedAmount
    reason: Why
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class BecauseOf(Strict):
    """Why something ends."""

    reason: Why


class SetUsagePrice(Strict):
    """What a meter costs on a tier from a day on; without a charge it costs nothing from then on."""

    tier: TierName
    meter: Annotated[str, Field(max_length=80)]
    currency: Currency
    first: FirstDay
    charge: ChargeGiven | None
    label: Annotated[str, Field(max_length=LONGEST_LABEL)] | None = None
    beyond_limit: bool = True


class PriceEntry(Answer):
    """A price of a list; `until` is the day of the one that follows, null where none does."""

    billing_period: BillingPeriod
    amount: Amount
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, one: PriceVersion) -> "PriceEntry":
        """Return it."""
        price = one.price
        amount = Amount.model_validate(price.amount)
        return cls(billing_period=price.billing_period, amount=amount, since=price.valid_from, until=one.until)


class UsageEntry(Answer):
    """What a meter costs; `charge` as it is set, numbers as text."""

    id: UUID
    meter: str
    currency: str
    label: str
    beyond_limit: bool
    charge: dict[str, Any] | None
    since: datetime

    @classmethod
    def of(cls, one: UsagePrice) -> "UsageEntry":
        """Return it."""
        charge = None if one.charge is None else as_json(one.charge)
        said = {name: getattr(one, name) for name in ("id", "meter", "currency", "label", "beyond_limit")}
        return cls(**said, charge=charge, since=one.valid_from)


class PlanEntry(Answer):
    """A tier as it is sold: every price that stood or will, what usage costs now, and who is on it."""

    tier: str
    label: str
    customers: int
    mrr: Amount
    trials: int
    prices: list[PriceEntry]
    usage: list[UsageEntry]

    @classmethod
    def of(cls, plan: Plan, prices: list[PriceVersion], usage: list[UsagePrice]) -> "PlanEntry":
        """Return it."""
        return cls(
            tier=plan.tier.id,
            label=plan.tier.label,
            customers=plan.customers,
            mrr=Amount.model_validate(plan.mrr),
            trials=plan.trials,
            prices=[PriceEntry.of(one) for one in prices],
            usage=[UsageEntry.of(one) for one in usage],
        )


class PlansAnswer(Answer):
    """The tiers, the smallest first."""

    plans: list[PlanEntry]


class Repriced(Answer):
    """The price as added; `moved` subscriptions follow it on its day, `left` had a change waiting and keep it."""

    tier: str
    billing_period: BillingPeriod
    amount: Amount
    since: datetime
    moved: int
    left: int


class Made(Answer):
    """What was added."""

    id: UUID


class Ended(Answer):
    """What has ended, by its name or id."""

    ended: str


class CustomPriceEntry(Answer):
    """A price of one customer; `endsAt` null holds until somebody ends it."""

    id: UUID
    organization_id: UUID
    customer: str
    tier: str
    billing_period: BillingPeriod
    amount: Amount
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    by: str

    @classmethod
    def of(cls, one: CustomPrice) -> "CustomPriceEntry":
        """Return it."""
        same = ("id", "organization_id", "customer", "billing_period", "starts_at", "ends_at", "reason", "by")
        said = {name: getattr(one, name) for name in same}
        return cls(**said, tier=one.tier_id, amount=Amount.model_validate(one.amount))


class CustomPriceList(Answer):
    """Prices of single customers, the newest first; `nextBefore` is null on the last page."""

    prices: list[CustomPriceEntry]
    next_before: UUID | None


class QuoteLine(Answer):
    """A line of a charge, in major units and exact."""

    text: str
    quantity: str
    unit_price: str
    amount: str


class QuoteAnswer(Answer):
    """What units cost by a charge: its lines, exact, and what an invoice would say, rounded once."""

    lines: list[QuoteLine]
    exact: str
    amount: Amount

    @classmethod
    def of(cls, charge: Charge, currency: str, units: Decimal, events: list[Decimal]) -> "QuoteAnswer":
        """Return it."""
        lines = usage_charge(charge, units, events)
        exact = charged(lines)
        made = [
            QuoteLine(
                text=one.text, quantity=_said(one.quantity), unit_price=_said(one.unit_price), amount=_said(one.amount)
            )
            for one in lines
        ]
        minor = round_half_up(exact.scaleb(exponent(currency)))
        return cls(lines=made, exact=_said(exact), amount=Amount(minor=minor, currency=currency))


def numbers(typed: str, field: str) -> list[Decimal]:
    """Return decimal numbers that stand one after another with commas between, or raise InvalidInput."""
    try:
        return [Decimal(one) for one in typed.split(",")] if typed else []
    except InvalidOperation:
        raise InvalidInput("Give decimal numbers with commas between: 10,80.50,1000.", field=field) from None


def _said(number: Decimal) -> str:
    return f"{number.normalize():f}"
