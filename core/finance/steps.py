"""The steps of a customer's past: each beginning, end and change of terms of its subscriptions, oldest first."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from core.billing.reads import Subscription
from core.finance.movements import Step


def steps_of(subscriptions: Iterable[Subscription]) -> list[Step]:
    """Return the steps of one customer's subscriptions.

    Where one ends at the instant at which another begins, the customer changed terms, and lost nothing in between; one
    of the same chain before any other. One that ends as it begins was never worth anything.
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
        old, new = _beside(ends[at], begins[at])
        changed = min(len(old), len(new))
        steps += [Step(at, before, after) for before, after in zip(old[:changed], new[:changed], strict=True)]
        steps += [Step(at, None, after) for after in new[changed:]]
        steps += [Step(at, before, None) for before in old[changed:]]
    return steps


def _beside(old: list[Subscription], new: list[Subscription]) -> tuple[list[Subscription], list[Subscription]]:
    """Return both with those of one chain first, in the same order."""
    chains = [one.agreement for one in old if any(one.agreement == other.agreement for other in new)]
    if not chains:
        return old, new
    place = {agreement: number for number, agreement in enumerate(chains)}
    first, then = (sorted(some, key=lambda one: place.get(one.agreement, len(place))) for some in (old, new))
    return first, then
