"""What a change of a subscription will do to MRR, told before it is done; pure."""

from dataclasses import dataclass
from datetime import datetime

from core.billing.reads import Subscription
from core.finance.movements import MovementKind, Standing, Step, entries
from core.money import Money


@dataclass(frozen=True)
class Effect:
    """The movement that a change will write, `at` which instant, and the subscription's MRR before and after.

    `kind` is None where nothing moves.
    """

    at: datetime
    kind: MovementKind | None
    change: Money
    before: Money
    after: Money


def effect(standing: Standing, before: Subscription | None, after: Subscription | None, at: datetime) -> Effect:
    """Return what the step from one subscription to the other will write where the customer stands as given."""
    known = after or before
    currency = known.amount.currency if known else "USD"
    nothing = Money(0, currency)
    made = list(entries(standing, [Step(at, before, after)]))
    had, has = (one.mrr if one else nothing for one in (before, after))
    if not made:
        return Effect(at, None, nothing, had, has)
    return Effect(at, made[0].kind, made[0].change, had, has)
