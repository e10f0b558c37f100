"""What Stripe charges a customer, brought into line with our subscriptions and the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core.billing.reads import Subscription
from core.billing.stripe.price_tiers import tier_of_price
from core.billing.stripe.reads import Kept, kept_under, linked_to, newest_of_chains, subscriptions_here
from core.billing.stripe.terms import ItemTerms, TierOf, is_over, items_of, terms_of
from core.billing.stripe.writes import became, keep_objects
from core.billing.subscription_changes import following
from core.billing.writes import end_subscription, follow, record_past_subscriptions
from core.errors import CalosError, Conflict
from core.finance.reads import last_movement_at
from core.finance.steps import steps_of
from core.finance.writes import append_history, lock_ledger, record_movement
from core.imports.stripe.taking import SOURCE, Taking, take_customer


@dataclass(frozen=True)
class _Told:
    """A subscription of Stripe's, the terms of those of its items that make MRR, and what is wrong with the others."""

    kept: Kept
    terms: Mapping[str, ItemTerms]
    problem: str | None

    @property
    def over(self) -> bool:
        """Whether nothing of it is charged any more."""
        return self.kept.deleted or is_over(self.kept.payload)


def take_subscriptions(taking: Taking, customer_id: str) -> None:
    """Make of all that Stripe charges a customer what it told last; what can't be is noted on it in a sentence.

    What is seen for the first time comes with its dates. A change is dated `taking.at`, when Stripe's event says that
    it happened, and never before the customer's last movement. Raises what billing and finance refuse, such as a
    currency without an exchange rate.
    """
    organization_id = take_customer(taking, customer_id)
    if organization_id is None:
        return
    lock_ledger(taking.session, organization_id)
    tier_of = tier_of_price(taking.session)
    told = [_read(taking, one, tier_of) for one in kept_under(taking.session, "subscription", [customer_id]).values()]
    known = kept_under(taking.session, "subscription_item", [one.kept.external_id for one in told])
    for one in told:
        became(
            taking.session,
            "subscription",
            one.kept.external_id,
            organization_id=organization_id,
            our_id=None,
            problem=one.problem,
        )
    _take_new(taking, organization_id, [t for one in told for t in one.terms.values() if t.item_id not in known])
    here = newest_of_chains(subscriptions_here(taking.session, [organization_id]))
    for one in told:
        for item in known.values():
            ours = here.get(item.our_id) if item.our_id else None
            if ours is not None and item.payload["subscription"] == one.kept.external_id:
                _bring_up_to_date(taking, one, item, ours)


def _read(taking: Taking, of: Kept, tier_of: TierOf) -> _Told:
    found, problems = {}, []
    for item in items_of(of.payload):
        try:
            terms = terms_of(of.payload, item, tier_of, seen_at=taking.at)
        except CalosError as wrong:
            problems.append(wrong.message)
            continue
        if terms is not None:
            found[terms.item_id] = terms
    return _Told(of, found, " ".join(problems) or None)


def _take_new(taking: Taking, organization_id: UUID, fresh: Sequence[ItemTerms]) -> None:
    """Add what was never seen, with its history; what a subscription of ours stands for already is tied to that."""
    here = subscriptions_here(taking.session, [organization_id])
    taken = linked_to(taking.session, "subscription_item", here)
    free = [one for one in here.values() if one.ended_at is None and one.id not in taken]
    last = last_movement_at(taking.session, organization_id)
    rows: list[Subscription] = []
    for terms in fresh:
        twin = next((one for one in free if terms.ends is None and _same_agreement(one, terms)), None)
        chain = [] if twin else _after(terms.chain(organization_id), last)
        if twin is not None:
            free.remove(twin)
        rows += chain
        _keep_item(taking, terms, organization_id, twin.id if twin else chain[-1].id if chain else None)
    if rows:
        record_past_subscriptions(taking.session, taking.actor, rows, now=taking.now)
        append_history(taking.session, taking.actor, organization_id, steps_of(rows), now=taking.now)


def _same_agreement(one: Subscription, terms: ItemTerms) -> bool:
    """Whether a running subscription of ours is what Stripe charges for: else both would count."""
    return one.tier_id == terms.tier_id and one.amount.currency == terms.amount.currency


def _after(chain: Sequence[Subscription], last: datetime | None) -> list[Subscription]:
    """Date a chain after the ledger's last movement, which nothing goes back behind; what was over by then is left."""
    left = [one for one in chain if last is None or one.ended_at is None or one.ended_at > last]
    made = [replace(one, started_at=max(one.started_at, last or one.started_at)) for one in left]
    # Without its first, the chain begins with what is left.
    return [replace(made[0], agreement_id=None), *made[1:]] if made else []


def _bring_up_to_date(taking: Taking, told: _Told, item: Kept, ours: Subscription) -> None:
    """Change, end or begin again what was known before and is other now."""
    now = told.terms.get(item.external_id)
    listed = any(one["id"] == item.external_id for one in items_of(told.kept.payload))
    if told.over or not listed or (now is not None and now.ends is not None):
        if ours.ended_at is None:
            _end(taking, item, ours, now.ends if now and now.ends else taking.at)
    elif now is None:
        # What can't be read is left as it is; the subscription says why.
        return
    elif ours.ended_at is not None:
        # Ended by us while Stripe goes on is a difference to be seen; ended by Stripe's word may begin again.
        if item.payload.get("over"):
            _begin_again(taking, now, ours)
    elif now.written() != item.payload["terms"]:
        _change(taking, now, ours)


def _change(taking: Taking, now: ItemTerms, ours: Subscription) -> None:
    if ours.license_id is not None and ours.tier_id != now.tier_id:
        raise Conflict(
            f"Stripe charges for {now.tier_id} by now, while the license here is {ours.tier_id}: change its tier.",
            code="license_tier",
        )
    made = following(ours, _not_before(taking, ours, taking.at), **now.changes())
    follow(taking.session, taking.actor, ours, made, "subscription.changed", now=taking.now, reason=SOURCE)
    _move(taking, ours, made, made.started_at)
    _keep_item(taking, now, ours.organization_id, made.id)


def _end(taking: Taking, item: Kept, ours: Subscription, at: datetime) -> None:
    at = _not_before(taking, ours, at)
    end_subscription(taking.session, taking.actor, ours, now=taking.now, ends_at=at, reason=SOURCE)
    _move(taking, ours, None, at)
    keep_objects(taking.session, "subscription_item", [{**item.payload, "over": True}], seen_at=taking.now)


def _begin_again(taking: Taking, now: ItemTerms, ours: Subscription) -> None:
    made = following(ours, _not_before(taking, ours, taking.at), **now.changes())
    record_past_subscriptions(taking.session, taking.actor, [made], now=taking.now)
    _move(taking, None, made, made.started_at)
    _keep_item(taking, now, ours.organization_id, made.id)


def _move(taking: Taking, before: Subscription | None, after: Subscription | None, at: datetime) -> None:
    record_movement(taking.session, taking.actor, before, after, now=taking.now, effective_at=at, reason=SOURCE)


def _not_before(taking: Taking, ours: Subscription, at: datetime) -> datetime:
    last = last_movement_at(taking.session, ours.organization_id)
    return max(one for one in (at, ours.started_at, last) if one is not None)


def _keep_item(taking: Taking, terms: ItemTerms, organization_id: UUID, our_id: UUID | None) -> None:
    said = {"id": terms.item_id, "subscription": terms.subscription_id, "terms": terms.written()}
    keep_objects(taking.session, "subscription_item", [said], seen_at=taking.now)
    became(taking.session, "subscription_item", terms.item_id, organization_id=organization_id, our_id=our_id)
