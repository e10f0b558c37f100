"""Subscriptions over HTTP: how they stand, and acts on them, now or on a later day, each done once."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.depends import CurrentActor, Now, Reading, StrictRoute, Writing
from api.once import Idempotent
from api.schemas.subscriptions import (
    Cancel,
    ChangeTerms,
    DoneAnswer,
    Pause,
    Resume,
    SubscriptionAnswer,
    SubscriptionPageAnswer,
)
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts import cursors
from core.accounts.agreement_list import State, agreement, agreements
from core.accounts.agreements import (
    Done,
    act,
    cancel_at_period_end,
    change_currency,
    period_end,
    reactivate,
    undo_cancel,
)
from core.billing.subscription_changes import Terms
from core.errors import InvalidInput
from core.money import Money
from core.periods import billing_period
from db.session import WriteSession

router = APIRouter(prefix="/subscriptions", tags=["Finance"], route_class=StrictRoute)

Id = Annotated[UUID, Path(alias="subscriptionId")]
Narrow = Annotated[str | None, Query(max_length=80)]


@router.get("", summary="Subscriptions, newest first")
def listed(
    actor: CurrentActor,
    session: Reading,
    now: Now,
    customer: Annotated[UUID | None, Query(description="An organization id.")] = None,
    install_id: Annotated[str | None, Query(alias="installId", max_length=80)] = None,
    tier: Narrow = None,
    currency: Annotated[str | None, Query(min_length=3, max_length=3)] = None,
    state: Annotated[State | None, Query(description="Without one, all that have not ended.")] = None,
    cursor: Annotated[str | None, Query(max_length=2000, description="The `nextCursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SubscriptionPageAnswer:
    """Return subscriptions with what waits for its day; a customer's admins get those of their own organization."""
    page = agreements(
        session,
        actor,
        now=now,
        customer=customer,
        install_id=install_id,
        tier=tier,
        currency=currency and currency.upper(),
        state=state,
        after=_place(cursor),
        limit=limit,
    )
    place = page.next_place
    return SubscriptionPageAnswer(
        subscriptions=[SubscriptionAnswer.of(one, now) for one in page.rows],
        next_cursor=cursors.encode(place[0].isoformat(), str(place[1])) if place else None,
    )


@router.post("/{subscriptionId}/change", summary="Change seats, price, plan, interval or currency")
def change(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, subscription_id: Id, body: ChangeTerms
) -> DoneAnswer:
    """Change the terms now, or when what is paid has been used up. 409 where such a change waits already."""
    return _once(once, session, actor, now, lambda: _change(session, actor, subscription_id, body, now))


@router.post("/{subscriptionId}/pause", summary="Pause a subscription")
def pause(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, subscription_id: Id, body: Pause
) -> DoneAnswer:
    """Charge nothing for a while, now or from a later instant on. 409 where it is paused, or in a trial."""

    def work() -> Done:
        said = body.reason or ""
        from_, until = body.starts_at, body.until
        return act(session, actor, subscription_id, "pause", now=now, due_at=from_, until=until, reason=said)

    return _once(once, session, actor, now, work)


@router.post("/{subscriptionId}/resume", summary="End a pause, or begin again what was canceled")
def resume(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, subscription_id: Id, body: Resume
) -> DoneAnswer:
    """Charge again on the terms that it had: a reactivation for who paid nothing. 409 where it runs."""

    def work() -> Done:
        said = body.reason or ""
        if agreement(session, actor, subscription_id).state(now) == "ended":
            return reactivate(session, actor, subscription_id, now=now, reason=said)
        return act(session, actor, subscription_id, "resume", now=now, reason=said)

    return _once(once, session, actor, now, work)


@router.post("/{subscriptionId}/cancel", summary="Cancel a subscription")
def cancel(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, subscription_id: Id, body: Cancel
) -> DoneAnswer:
    """End it now, or when what is paid has been used up. Its license stays as it is. 409 where it has ended."""

    def work() -> Done:
        said = body.reason or ""
        if body.when == "now":
            return act(session, actor, subscription_id, "cancel", now=now, reason=said)
        return cancel_at_period_end(session, actor, subscription_id, now=now, reason=said)

    return _once(once, session, actor, now, work)


@router.post("/{subscriptionId}/undo-cancel", summary="Take back a cancellation")
def take_back(
    actor: CurrentActor, session: Writing, now: Now, once: Idempotent, subscription_id: Id, body: Resume
) -> DoneAnswer:
    """Let a subscription run on whose cancellation waits for its day. 409 where none waits."""

    def work() -> Done:
        return undo_cancel(session, actor, subscription_id, now=now, reason=body.reason or "")

    return _once(once, session, actor, now, work)


def _change(session: WriteSession, actor: Actor, subscription_id: UUID, body: ChangeTerms, now: datetime) -> Done:
    said = body.reason or ""
    amount = Money(body.amount.minor, body.amount.currency) if body.amount else None
    if body.currency is not None:
        others = (body.quantity, body.tier, body.billing_period)
        if body.when != "now" or any(one is not None for one in others):
            raise InvalidInput("Change the currency now and by itself.", field="currency")
        return change_currency(session, actor, subscription_id, body.currency, amount, now=now, reason=said)
    period = billing_period(body.billing_period) if body.billing_period else None
    terms = Terms(body.quantity, amount, body.tier, period)
    due = period_end(session, actor, subscription_id, now=now) if body.when == "period_end" else None
    return act(session, actor, subscription_id, "change", terms, now=now, due_at=due, reason=said)


def _once(once: Idempotent, session: WriteSession, actor: Actor, now: datetime, work: Callable[[], Done]) -> DoneAnswer:
    def done() -> DoneAnswer:
        _may(actor)
        came = work()
        return DoneAnswer.of(came, agreement(session, actor, came.subscription.id), now)

    return once(DoneAnswer, done)


def _may(actor: Actor) -> None:
    """Refuse before anything is looked for, so that nobody learns what there is."""
    actor.require_vendor()
    actor.require(Permission.LICENSE_UPDATE_TIER)


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    place = cursors.decode(cursor)
    try:
        at, which = datetime.fromisoformat(str(place[0])), UUID(str(place[1]))
    except (ValueError, IndexError) as wrong:
        raise cursors.foreign() from wrong
    if at.tzinfo is None or len(place) != 2:
        raise cursors.foreign()
    return at, which
