"""Acts on subscriptions, now or on a later day: each one transaction over subscription, license and ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.access.actor import Actor, system_actor
from core.access.permissions import Permission
from core.accounts.turns import move, turn
from core.billing.cancellations import paid_until, require_running
from core.billing.reads import Subscription, chain_of, subscription_by_id
from core.billing.scheduled import Scheduled, due, schedule, settle, waiting, withdraw
from core.billing.subscription_changes import ACTS, NOTHING, Act, Coupon, Terms, following, successor
from core.billing.writes import begin_again, end_subscription, follow, start_subscription
from core.errors import CalosError, Conflict, InvalidInput
from core.finance.reads import Movement, exchange_rates, last_movement_at
from core.finance.writes import lock_ledger
from core.licensing import writes as licensing
from core.licensing.acts import said_why
from core.licensing.reads import License, licenses_of
from core.money import Money, convert
from core.organizations.marks import mark_card
from core.organizations.reads import vendor_id
from core.periods import BillingPeriod
from db.session import ReadSession, WriteSession

_PAST: Final[dict[Act, str]] = {
    "change": "changed",
    "pause": "paused",
    "resume": "resumed",
    "convert": "trial_converted",
    "coupon": "coupon_applied",
    "coupon_end": "coupon_ended",
    "cancel": "canceled",
}


@dataclass(frozen=True)
class Done:
    """What came of an act: the subscription that runs now (ended where it was canceled), what moved, what waits."""

    subscription: Subscription
    movements: tuple[Movement, ...] = ()
    scheduled: Scheduled | None = None


def act(
    session: WriteSession,
    actor: Actor,
    subscription_id: UUID,
    what: Act,
    terms: Terms = NOTHING,
    *,
    now: datetime,
    due_at: datetime | None = None,
    until: datetime | None = None,
    reason: str = "",
) -> Done:
    """Do something to a subscription now, or at `due_at`; needs `license:update_tier`.

    `until` ends a pause or a coupon by itself. Any id of the chain of changes names it. Raises Conflict for what is not
    possible in its phase, or waits already.
    """
    why = said_why(reason, required=False)
    current, now = _locked(session, actor, subscription_id, now)
    later = due_at if due_at is not None and due_at > now else None
    if until is not None and (what not in ("pause", "coupon") or until <= (later or now)):
        raise InvalidInput("Give an end of a pause or a coupon that lies after its beginning.", field="until")
    if later is not None:
        # Refused now rather than then, where it is known now.
        successor(current, what, terms, later)
        made = schedule(session, actor, current, what, terms, later, now=now, reason=why)
        _schedule_end(session, actor, current, what, until, now)
        return Done(current, (), made)
    done = _apply(session, actor, current, what, terms, at=now, now=now, reason=why or "")
    _schedule_end(session, actor, done.subscription, what, until, now)
    return done


def cancel_at_period_end(
    session: WriteSession, actor: Actor, subscription_id: UUID, *, now: datetime, reason: str = ""
) -> Done:
    """Let a subscription run until what is paid has been used up, and then end; else as `act`."""
    ends_at = period_end(session, actor, subscription_id, now=now)
    return act(session, actor, subscription_id, "cancel", now=now, due_at=ends_at, reason=reason)


def period_end(session: ReadSession, actor: Actor, subscription_id: UUID, *, now: datetime) -> datetime:
    """Return until when a subscription is paid, in a trial until when it is tried."""
    chain = chain_of(session, actor, subscription_id)
    if chain[-1].phase == "trial":
        ends = [one.due_at for one in waiting(session, [chain[-1].agreement]) if one.act == "convert"]
        if ends:
            return ends[0]
    return paid_until(chain, now)


def undo_cancel(session: WriteSession, actor: Actor, subscription_id: UUID, *, now: datetime, reason: str = "") -> Done:
    """Take back a cancellation that has not taken effect; Conflict where none waits."""
    said_why(reason, required=False)
    current, now = _locked(session, actor, subscription_id, now)
    if not withdraw(session, actor, current, ["cancel"], now=now):
        raise Conflict("No cancellation waits for its day, so there is none to take back.", code="not_canceled")
    return Done(current)


def reactivate(session: WriteSession, actor: Actor, subscription_id: UUID, *, now: datetime, reason: str = "") -> Done:
    """Charge again, by the terms that a subscription ended with; Conflict where it runs."""
    why = said_why(reason, required=False)
    last, now = _locked(session, actor, subscription_id, now)
    if last.ended_at is None or last.ended_at > now:
        raise Conflict("This subscription runs, so there is nothing to reactivate.", code="runs_already")
    begun = begin_again(session, actor, last, now=now, reason=why)
    moved = move(session, actor, None, begun, now=now, reason=reason)
    mark_card(session, begun.organization_id, now)
    return Done(begun, _only(moved))


def start_trial(
    session: WriteSession,
    actor: Actor,
    organization_id: UUID,
    license_id: UUID,
    tier_id: str,
    billing_period: BillingPeriod,
    amount: Money,
    *,
    ends_at: datetime,
    now: datetime,
    quantity: int = 1,
    converts: bool = True,
) -> Done:
    """Begin a subscription that costs nothing until `ends_at`, when it converts, or ends unless it `converts`."""
    if ends_at <= now:
        raise InvalidInput("A trial ends after it began.", field="endsAt")
    now = turn(session, organization_id, now)
    begun = start_subscription(
        session,
        actor,
        organization_id,
        license_id,
        tier_id,
        billing_period,
        amount,
        now=now,
        quantity=quantity,
        phase="trial",
    )
    end: Act = "convert" if converts else "cancel"
    waits = schedule(session, actor, begun, end, NOTHING, ends_at, now=now, reason="end of the trial")
    return Done(begun, (), waits)


def apply_coupon(
    session: WriteSession,
    actor: Actor,
    subscription_id: UUID,
    coupon: Coupon,
    *,
    now: datetime,
    until: datetime | None = None,
    reason: str = "",
) -> Done:
    """Take a coupon off every billing period from now on, until it runs out; another one before is replaced."""
    return act(session, actor, subscription_id, "coupon", Terms(coupon=coupon), now=now, until=until, reason=reason)


def change_currency(
    session: WriteSession,
    actor: Actor,
    subscription_id: UUID,
    currency: str,
    amount: Money | None = None,
    *,
    now: datetime,
    reason: str = "",
) -> Done:
    """End a subscription and begin it in another currency, at `amount` or the same at the day's rate.

    Two movements that are told as a pair and that, at the day's rate, add up to nothing but a rounding: what is won in
    the one currency comes before what is lost in the other, so that nobody churns in between. A coupon of a fixed
    amount ends with the currency that it was of.
    """
    said_why(reason, required=False)
    old, now = _locked(session, actor, subscription_id, now)
    if currency == old.amount.currency:
        raise InvalidInput(f"It is in {currency} already.", field="currency")
    if amount is not None and amount.currency != currency:
        raise InvalidInput(f"Give the new amount in {currency}.", field="amount")
    price = amount or _converted(session, old.amount, currency, now)
    changed: dict[str, object] = {"amount": price, "minor_off": 0}
    if old.minor_off:
        changed["coupon_duration"] = None
    require_running(old)
    new = following(old, now, **changed)
    follow(session, actor, old, new, "subscription.currency_changed", now=now, reason=reason.strip() or None)
    told = f"Currency changed from {old.amount.currency} to {currency}. {reason.strip()}".strip()
    won = move(session, actor, None, new, now=now, reason=told)
    lost = move(session, actor, replace(old, ended_at=now), None, now=now, reason=told)
    mark_card(session, new.organization_id, now)
    return Done(new, (*_only(won), *_only(lost)))


def settle_due(session: WriteSession, organization_id: UUID, *, now: datetime) -> int:
    """Do what is due at one customer, each dated when it was to take effect, and return how many.

    Under the ledger's lock and settled in the same transaction: whoever does it a second time finds nothing, and a
    process that dies on the way leaves all of it to be done. One that is no longer possible is kept as refused, with
    why; one that a movement of a later date stands in the way of waits until that is past.
    """
    lock_ledger(session, organization_id)
    vendor = vendor_id(session)
    if vendor is None:
        return 0
    calos, done = system_actor(vendor), 0
    for change in due(session, organization_id, now):
        try:
            with session.connection.begin_nested():
                _take_effect(session, calos, change, now)
            done += 1
        except CalosError as refused:
            if refused.code != "ledger_order":
                settle(session, change, "refused", now=now, outcome=refused.message)
    return done


def _take_effect(session: WriteSession, actor: Actor, change: Scheduled, now: datetime) -> None:
    settle(session, change, "done", now=now)
    current = chain_of(session, actor, change.agreement_id)[-1]
    last = last_movement_at(session, change.organization_id)
    behind = [change.due_at, current.started_at, *([last] if last is not None and last <= now else [])]
    why = change.reason or ""
    _apply(session, actor, current, change.act, change.terms, at=max(behind), now=now, reason=why)


def _apply(
    session: WriteSession,
    actor: Actor,
    current: Subscription,
    what: Act,
    terms: Terms,
    *,
    at: datetime,
    now: datetime,
    reason: str,
) -> Done:
    after = successor(current, what, terms, at)
    if after is None:
        ended = end_subscription(session, actor, current, now=now, ends_at=at, reason=reason or None)
        withdraw(session, actor, current, ACTS, now=now)
    else:
        ended = after
        _license_follows(session, actor, current, after, what, now, reason)
        follow(session, actor, current, after, f"subscription.{_PAST[what]}", now=now, reason=reason or None)
        # What was to do the same later has been overtaken; the end of another coupon is not this one's.
        overtaken: Sequence[Act] = (what, "coupon_end") if what == "coupon" else (what,)
        withdraw(session, actor, current, overtaken, now=now)
    moved = move(session, actor, current, after, now=now, reason=reason, effective_at=at)
    mark_card(session, current.organization_id, now)
    return Done(ended, _only(moved))


def _license_follows(
    session: WriteSession, actor: Actor, current: Subscription, after: Subscription, what: Act, now: datetime, why: str
) -> None:
    """Put the license on the tier and interval that are paid for from now on."""
    held = _license(session, actor, current, now)
    if held is None or what not in ("change", "convert"):
        return
    if (held.tier_id, held.billing_period) == (after.tier_id, after.billing_period) and held.term != "trial":
        return
    licensing.set_tier(
        session,
        actor,
        held.install_id,
        after.tier_id,
        billing_period=after.billing_period,
        expires_at=held.expires_at if held.term == "paid" else None,
        reason=why,
        now=now,
    )


def _license(session: WriteSession, actor: Actor, of: Subscription, now: datetime) -> License | None:
    held = licenses_of(session, actor, of.organization_id, now=now) if of.license_id else ()
    return next((one for one in held if one.id == of.license_id), None)


def _schedule_end(
    session: WriteSession, actor: Actor, current: Subscription, what: Act, until: datetime | None, now: datetime
) -> None:
    if until is None:
        return
    end: Act = "resume" if what == "pause" else "coupon_end"
    reason = "end of the pause" if what == "pause" else "the coupon ran out"
    schedule(session, actor, current, end, NOTHING, until, now=now, reason=reason)


def _locked(session: WriteSession, actor: Actor, subscription_id: UUID, now: datetime) -> tuple[Subscription, datetime]:
    """Return the newest of the chain once nobody else moves this customer's money and what was due is done."""
    actor.require_vendor()
    actor.require(Permission.LICENSE_UPDATE_TIER)
    named = subscription_by_id(session, actor, subscription_id)
    now = turn(session, named.organization_id, now)
    settle_due(session, named.organization_id, now=now)
    return chain_of(session, actor, subscription_id)[-1], now


def _converted(session: WriteSession, amount: Money, currency: str, at: datetime) -> Money:
    rates, day = exchange_rates(session), at.date()
    return convert(amount, Decimal(rates.on(amount.currency, day)) / rates.on(currency, day), currency)


def _only(moved: Movement | None) -> tuple[Movement, ...]:
    return () if moved is None else (moved,)
