"""A new list price asked also of those who pay by the list: each subscription's change on the day it begins."""

from dataclasses import dataclass
from datetime import date, datetime

from core.access.actor import Actor
from core.accounts.agreements import act
from core.billing.price_lists import price_effect
from core.billing.price_writes import add_price
from core.billing.reads import Price
from core.billing.subscription_changes import Terms
from core.errors import Conflict
from core.money import Money
from core.periods import BillingPeriod
from db.session import WriteSession

# More at a time would hold too many customers' locks in one transaction.
MOST_AT_ONCE = 2_000


@dataclass(frozen=True)
class Repriced:
    """The price that was added, how many subscriptions follow it on its day, and how many had a change waiting."""

    price: Price
    moved: int
    left: int


def change_price(
    session: WriteSession,
    actor: Actor,
    tier_id: str,
    period: BillingPeriod,
    amount: Money,
    first: date,
    *,
    existing: bool,
    now: datetime,
    reason: str = "",
) -> Repriced:
    """Ask `amount` of new customers from a day on, and of `existing` ones who pay by the list, too.

    Needs `finance:manage_costs`, and `license:update_tier` for existing ones. Whoever has terms of their own keeps
    them; who has another change waiting is left as agreed. Nothing moves before the day.
    """
    effect = price_effect(session, actor, tier_id, period, amount, now)
    made = add_price(session, actor, tier_id, period, amount, first, now=now)
    if not existing:
        return Repriced(made, 0, 0)
    if len(effect.affected) > MOST_AT_ONCE:
        raise Conflict(
            f"{len(effect.affected):,} subscriptions follow this list, more than {MOST_AT_ONCE:,} at once. "
            "Apply it to new customers, and move the others in parts.",
            code="too_many",
        )
    moved = left = 0
    why = reason.strip() or f"New list price from {first:%-d %B %Y}"
    # In one order, so that two who do this at once wait for each other and never in a circle.
    for each in sorted(effect.affected, key=lambda one: one.organization_id):
        try:
            act(
                session,
                actor,
                each.subscription_id,
                "change",
                Terms(amount=amount),
                now=now,
                due_at=made.valid_from,
                reason=why,
            )
            moved += 1
        except Conflict as refused:
            if refused.code != "already_scheduled":
                raise
            left += 1
    return Repriced(made, moved, left)
