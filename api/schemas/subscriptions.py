"""Shapes of subscriptions on the wire: how one stands, what waits, and what may be done to it."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.depends import Answer, Strict
from api.schemas.enterprise import AgreedAmount, Amount, BillingPeriodName, Reason, TierName
from api.schemas.financial import MovementKindName
from api.schemas.releases import Moment
from core.accounts.agreement_list import Agreement, State
from core.accounts.agreements import Done
from core.billing.scheduled import Scheduled
from core.billing.subscription_changes import Act
from core.finance.reads import Movement
from core.periods import BillingPeriod

Said = Annotated[Reason | None, Field(description="Kept in the audit trail and with the movement.")]


class Waiting(Answer):
    """What is agreed for a later instant."""

    act: Act
    due_at: datetime
    reason: str | None

    @classmethod
    def of(cls, one: Scheduled) -> "Waiting":
        """Return it without who asked: a customer reads this too."""
        return cls(act=one.act, due_at=one.due_at, reason=one.reason)


class Discount(Answer):
    """What a coupon takes off each billing period: a percentage, or an amount."""

    duration: Literal["once", "repeating", "forever"]
    percent: str | None
    amount: Amount | None


class SubscriptionAnswer(Answer):
    """A subscription: `amount` is for one of `quantity` a billing period; `mrr` all of them a month, less a coupon."""

    id: UUID
    agreement_id: UUID = Field(description="The first of the chain of changes; the same through all of them.")
    organization_id: UUID
    customer: str
    install_id: str | None
    state: State
    tier: str
    product: str | None
    billing_period: BillingPeriod
    amount: Amount
    quantity: int
    discount: Discount | None
    mrr: Amount
    started_at: datetime
    ended_at: datetime | None
    trial_ends_at: datetime | None
    cancel_at: datetime | None
    waiting: list[Waiting]

    @classmethod
    def of(cls, one: Agreement, now: datetime) -> "SubscriptionAnswer":
        """Return how it stands."""
        held = one.subscription
        due = {each.act: each.due_at for each in one.waiting}
        return cls(
            id=held.id,
            agreement_id=held.agreement,
            organization_id=held.organization_id,
            customer=one.customer,
            install_id=one.install_id,
            state=one.state(now),
            tier=held.tier_id,
            product=held.product_id,
            billing_period=held.billing_period,
            amount=Amount.model_validate(held.amount),
            quantity=held.quantity,
            discount=_discount(one),
            mrr=Amount.model_validate(held.mrr),
            started_at=held.started_at,
            ended_at=held.ended_at,
            trial_ends_at=due.get("convert") or (due.get("cancel") if held.phase == "trial" else None),
            cancel_at=due.get("cancel"),
            waiting=[Waiting.of(each) for each in one.waiting],
        )


class SubscriptionPageAnswer(Answer):
    """Subscriptions, the newest first; `nextCursor` is the `cursor` of the next page, or null at the end."""

    subscriptions: list[SubscriptionAnswer]
    next_cursor: str | None


class Moved(Answer):
    """A movement that an act has written into the ledger."""

    kind: MovementKindName
    change: Amount
    at: datetime

    @classmethod
    def of(cls, one: Movement) -> "Moved":
        """Return it."""
        return cls(kind=one.kind, change=Amount.model_validate(one.change), at=one.effective_at)


class DoneAnswer(Answer):
    """How the subscription stands after the act, what the act moved, and what waits for its day."""

    subscription: SubscriptionAnswer
    movements: list[Moved]
    scheduled: Waiting | None

    @classmethod
    def of(cls, done: Done, one: Agreement, now: datetime) -> "DoneAnswer":
        """Return what came of an act."""
        return cls(
            subscription=SubscriptionAnswer.of(one, now),
            movements=[Moved.of(each) for each in done.movements],
            scheduled=Waiting.of(done.scheduled) if done.scheduled else None,
        )


class ChangeTerms(Strict):
    """What changes; what is left out stays. A currency is changed by itself, or with the amount in it."""

    quantity: int | None = None
    amount: AgreedAmount | None = None
    tier: TierName | None = None
    billing_period: BillingPeriodName | None = None
    currency: Annotated[str, Field(min_length=3, max_length=3)] | None = None
    when: Literal["now", "period_end"] = "now"
    reason: Said = None


class Pause(Strict):
    """From when (now) and until when (until it is resumed)."""

    starts_at: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None
    reason: Said = None


class Resume(Strict):
    """The end of a pause, or the beginning anew of what was canceled, on the terms that it had."""

    reason: Said = None


class Cancel(Strict):
    """Now, or when what is paid has been used up."""

    when: Literal["now", "period_end"] = "period_end"
    reason: Said = None


def _discount(one: Agreement) -> Discount | None:
    held = one.subscription
    if held.coupon_duration is None:
        return None
    off = Amount(minor=held.minor_off, currency=held.amount.currency) if held.minor_off else None
    percent = f"{Decimal(held.percent_off).normalize():f}" if held.percent_off else None
    return Discount(duration=held.coupon_duration, percent=percent, amount=off)
