"""The steps of a customer's past: each beginning, end and change of terms of its subscriptions, oldest first."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from core.billing.reads import Subscription
from core.finance.movements import Step


def steps_of(subscriptions: Iterable[Subscription]) -> list[Step]:
    """Return the steps of one customer's subscriptions.

    Where one ends at the instant at which another begins, the customer changed terms, and lost nothing in between. One
    that ends as it begins was never worth anything.
    """
    begins: dict[datetime, list[Subscription]] = defaultdict(list)
    ends: dict[datetime, list[Subscription]] = defaultdict(list)
    for one in sorted(subscriptions, key=lambda one: (one.started_at, one.mrr.minor, one.id)):
        if one.ended_at is None or one.ended_at > one.started_at:
            begins[one.started_at].append(one)
            if one.ended_at is not None:
                ends[one.ended_at].append(one)
    steps = []
    for at in sorted({*begins, *ends}):
        old, new = ends[at], begins[at]
        changed = min(len(old), len(new))
        steps += [Step(at, before, after) for before, after in zip(old[:changed], new[:changed], strict=True)]
        steps += [Step(at, None, after) for after in new[changed:]]
        steps += [Step(at, before, None) for before in old[changed:]]
    return steps
