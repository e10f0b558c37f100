"""Questions to begin with: such as fit the data and the person, each of which is read without a model."""

from collections.abc import Iterator
from typing import Final

from core.access.permissions import Permission
from core.ask.vocabulary import Vocabulary

MOST: Final = 8


def examples(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return at most MOST questions that the person may ask and that name what the data holds, the seed's first."""
    return tuple(dict.fromkeys(_fitting(vocabulary)))[:MOST]


def _fitting(vocabulary: Vocabulary) -> Iterator[str]:
    money = Permission.FINANCE_READ in vocabulary.permissions
    tier = next(reversed(list(vocabulary.values["tier"].values())), None)
    segment = next(iter(vocabulary.values["segment"].values()), None)
    if money:
        yield "Show me revenue growth last quarter"
    yield "Which customers are at risk of churning?"
    if money:
        yield "What's driving our cost increase?"
        yield "MRR by tier"
    yield "Customers near a limit"
    yield "Trials ending this month"
    if money:
        yield "Top 5 customers by MRR"
        if tier:
            yield f"Monthly MRR of {tier} customers last year"
    if tier and segment:
        yield f"{tier} customers in {segment} with health below 60"
    yield "Customers by country"
    if Permission.USAGE_READ in vocabulary.permissions:
        yield "Weekly API calls in the last 3 months"
    if Permission.CULTURE_READ in vocabulary.permissions:
        yield "Open upsells by priority"
    yield "How many customers are at risk?"
