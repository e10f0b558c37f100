"""Random histories of a few customers in the ledger, and what they truly paid, told by their subscriptions alone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from core.billing.reads import Subscription
from core.billing.writes import record_past_subscriptions
from core.finance.movements import Step
from core.finance.writes import append_history
from core.ids import new_id
from core.money import Money
from core.organizations.writes import create_organization
from core.periods import Period
from db.session import WriteSession
from tests.cast import Cast

START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PLACES = [("DE", "Retail"), ("US", "Retail"), (None, None)]
TIERS = ["basic", "pro", "enterprise"]
# For each step: minutes since the customer's last, which of three subscriptions, and its new terms or its end.
TERMS = st.none() | st.tuples(
    st.sampled_from(TIERS),
    st.integers(0, 300_001),
    st.sampled_from(["monthly", "quarterly", "annual"]),
    st.sampled_from([None, None, "pos", "crypto"]),
)
STORY = st.lists(st.tuples(st.integers(0, 90 * 24 * 60), st.integers(0, 2), TERMS), max_size=9)
STORIES = st.lists(STORY, min_size=3, max_size=3)
CUTS = st.lists(st.integers(-20, 800), min_size=2, max_size=4, unique=True).map(sorted)


@dataclass(frozen=True)
class Told:
    """Customers with their places, and every subscription they ever had."""

    customers: dict[UUID, tuple[str, str]]
    subscriptions: tuple[Subscription, ...]

    def paid(self, at: datetime) -> list[Subscription]:
        """Return the subscriptions that run at an instant and are worth something."""
        return [
            one
            for one in self.subscriptions
            if one.started_at <= at and (one.ended_at is None or at < one.ended_at) and one.mrr
        ]


def periods(cuts: list[int]) -> list[Period]:
    """Return the consecutive periods between some days."""
    return [Period(START + first * DAY, START + last * DAY) for first, last in pairwise(cuts)]


def tell(session: WriteSession, cast: Cast, stories: list[Any]) -> Told:
    """Write a story for each of the customers through the product's own writes."""
    customers, found = {}, []
    for number, (story, (country, segment)) in enumerate(zip(stories, PLACES, strict=True)):
        named = create_organization(
            session, cast.system, f"Customer {number}", now=START, country=country, segment=segment
        )
        customers[named] = (country or "", segment or "")
        subscriptions, steps = _steps(named, story)
        record_past_subscriptions(session, cast.system, subscriptions, now=START)
        append_history(session, cast.system, named, steps, now=START)
        found += subscriptions
    return Told(customers, tuple(found))


def _steps(organization_id: UUID, story: list[Any]) -> tuple[list[Subscription], list[Step]]:
    at, running, over, steps = START, dict[int, Subscription](), list[Subscription](), list[Step]()
    for minutes, which, terms in story:
        at += timedelta(minutes=minutes)
        before = running.pop(which, None)
        if before is not None:
            over.append(replace(before, ended_at=at))
        if terms is not None:
            tier, minor, period, product = terms
            # The second one is in euros, so that customers pay in one currency, the other, or both.
            amount = Money(minor, "EUR" if which == 1 else "USD")
            running[which] = Subscription(
                new_id(), organization_id, None, tier, period, amount, 1, at, None, product_id=product
            )
        if before or terms is not None:
            steps.append(Step(at, before, running.get(which)))
    return [*over, *running.values()], steps
