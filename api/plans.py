"""Plans over HTTP: what is sold at what price, what was agreed with one customer, usage charges and coupons."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.coupons import (
    CouponEntry,
    CouponList,
    CreateCoupon,
    RedeemCoupon,
    RedeemedAnswer,
    WithdrawCoupon,
)
from api.schemas.enterprise import Amount
from api.schemas.plans import (
    AddPrice,
    AgreeOnPrice,
    BecauseOf,
    CustomPriceEntry,
    CustomPriceList,
    Ended,
    Made,
    PlanEntry,
    PlansAnswer,
    QuoteAnswer,
    Repriced,
    SetUsagePrice,
    numbers,
)
from core.accounts.coupon_redeeming import redeem
from core.accounts.repricing import change_price
from core.billing.charges_priced import set_usage_price, usage_price_named, usage_prices
from core.billing.coupons import coupons, create_coupon, withdraw_coupon
from core.billing.custom_prices import agree_price, custom_prices, end_custom_price
from core.billing.price_lists import price_versions
from core.finance.plans import plans
from core.money import Money
from core.periods import billing_period

router = APIRouter(tags=["Plans"], route_class=StrictRoute)
Units = Annotated[str, Query(pattern=r"^[0-9]{1,18}(\.[0-9]{1,12})?$", description="How many, as a decimal number.")]
Events = Annotated[
    str, Query(pattern=r"^([0-9]{1,12}(\.[0-9]{1,6})?(,|$)){0,100}$", description="Units of each event: 10,80,1000.")
]


@router.get("/plans", summary="What is sold, at what price, and who is on it")
def listed(actor: CurrentActor, session: Reading, now: Now) -> PlansAnswer:
    """Return each tier with every price that stood or is to come, and what usage costs on it."""
    versions, usage = price_versions(session, actor), usage_prices(session, actor, now)
    return PlansAnswer(
        plans=[
            PlanEntry.of(
                plan,
                [one for one in versions if one.price.tier_id == plan.tier.id],
                [one for one in usage if one.tier_id == plan.tier.id],
            )
            for plan in plans(session, actor, now)
        ]
    )


@router.post("/plans/prices", status_code=201, summary="Ask a new price from a day on")
def add_price(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: AddPrice) -> Repriced:
    """Add a price to a list. What is subscribed keeps its price, unless `existing` moves it on the same day."""

    def work() -> Repriced:
        amount = Money(body.amount.minor, body.amount.currency)
        done = change_price(
            session,
            actor,
            body.tier,
            billing_period(body.billing_period),
            amount,
            body.first,
            existing=body.existing,
            now=now,
            reason=body.reason or "",
        )
        return Repriced(
            tier=done.price.tier_id,
            billing_period=done.price.billing_period,
            amount=Amount.model_validate(done.price.amount),
            since=done.price.valid_from,
            moved=done.moved,
            left=done.left,
        )

    return once(Repriced, work)


@router.get("/plans/custom-prices", summary="Prices of single customers, newest first")
def custom(
    actor: CurrentActor,
    session: Reading,
    customer: Annotated[UUID | None, Query(description="An organization id.")] = None,
    before: Annotated[UUID | None, Query(description="The `nextBefore` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> CustomPriceList:
    """Return what was agreed with customers in place of the list, also what has ended."""
    found = custom_prices(session, actor, organization_id=customer, before=before, limit=limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    return CustomPriceList(prices=[CustomPriceEntry.of(one) for one in found[:limit]], next_before=more)


@router.post("/plans/custom-prices", status_code=201, summary="Agree on a price with one customer")
def agree(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: AgreeOnPrice) -> Made:
    """Ask one customer another price than the list. One that still runs ends where this begins."""

    def work() -> Made:
        made = agree_price(
            session,
            actor,
            body.organization_id,
            body.tier,
            billing_period(body.billing_period),
            Money(body.amount.minor, body.amount.currency),
            reason=body.reason,
            now=now,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
        )
        return Made(id=made)

    return once(Made, work)


@router.post("/plans/custom-prices/{customPriceId}/end", summary="Ask a customer the list's price again")
def end(
    actor: CurrentActor,
    session: Writing,
    now: Now,
    once: Idempotent,
    custom_price_id: Annotated[UUID, Path(alias="customPriceId")],
    body: BecauseOf,
) -> Ended:
    """End a customer's own price now. 409 where it has ended."""

    def work() -> Ended:
        end_custom_price(session, actor, custom_price_id, reason=body.reason, now=now)
        return Ended(ended=str(custom_price_id))

    return once(Ended, work)


@router.post("/plans/usage", status_code=201, summary="Charge usage from a day on")
def charge_usage(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: SetUsagePrice) -> Made:
    """Set what a meter costs on a tier, or that it costs nothing any more. 422 names what is wrong in the charge."""

    def work() -> Made:
        made = set_usage_price(
            session,
            actor,
            body.tier,
            body.meter,
            body.currency,
            body.first,
            None if body.charge is None else body.charge.definition(),
            now=now,
            label=body.label,
            beyond_limit=body.beyond_limit,
        )
        return Made(id=made)

    return once(Made, work)


@router.get("/plans/usage/quote", summary="What units would cost")
def quote(
    actor: CurrentActor,
    session: Reading,
    now: Now,
    tier: Annotated[str, Query(max_length=80)],
    meter: Annotated[str, Query(max_length=80)],
    currency: Annotated[str, Query(min_length=3, max_length=3)],
    units: Units,
    events: Events = "",
) -> QuoteAnswer:
    """Return the lines that units come to by the charge in force; of one beyond a limit, give those beyond it."""
    price, charge = usage_price_named(session, actor, tier, meter, currency.upper(), now)
    return QuoteAnswer.of(charge, price.currency, Decimal(units), numbers(events, "events"))


@router.get("/plans/coupons", summary="Coupons, newest first")
def coupon_list(actor: CurrentActor, session: Reading, now: Now) -> CouponList:
    """Return every coupon with how often it was redeemed, and why it can't be any more."""
    return CouponList(coupons=[CouponEntry.of(one, now) for one in coupons(session, actor)])


@router.post("/plans/coupons", status_code=201, summary="Make a coupon")
def make_coupon(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: CreateCoupon) -> Made:
    """Keep a coupon under a code of its own. 409 where the code is taken."""
    return once(Made, lambda: Made(id=create_coupon(session, actor, body.terms(), now=now)))


@router.post("/plans/coupons/withdraw", summary="Withdraw a coupon")
def withdraw(actor: CurrentActor, session: Writing, now: Now, once: Idempotent, body: WithdrawCoupon) -> Ended:
    """Let nobody redeem it any more; who has redeemed it keeps it."""

    def work() -> Ended:
        withdraw_coupon(session, actor, body.code, reason=body.reason, now=now)
        return Ended(ended=body.code.upper())

    return once(Ended, work)


@router.post("/subscriptions/{subscriptionId}/coupon", summary="Redeem a coupon for a subscription")
def redeem_coupon(
    actor: CurrentActor,
    session: Writing,
    now: Now,
    once: Idempotent,
    subscription_id: Annotated[UUID, Path(alias="subscriptionId")],
    body: RedeemCoupon,
) -> RedeemedAnswer:
    """Take the coupon off from now on. 409 where it is closed, or was redeemed for this subscription before."""

    def work() -> RedeemedAnswer:
        done = redeem(session, actor, body.code, subscription_id, now=now)
        return RedeemedAnswer.of(done.redemption, done.done.subscription.mrr)

    return once(RedeemedAnswer, work)
