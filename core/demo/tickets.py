"""Support tickets of the demo world: half a year of them, fewer in weeks in which a customer's chatbot answered."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.demo.behavior import Behavior
from core.demo.customers import DemoCustomer
from core.support.tickets import Priority, Ticket
from core.support.writes import record_past_tickets
from db.session import WriteSession

WEEKS: Final = 26
# Tickets a person and week without the chatbot, and the part that comes all the same in a week with it.
A_PERSON: Final = 0.22
WITH_CHATBOT: Final = 0.58
# How often, of ten weeks, a customer who has the chatbot uses it.
WEEKS_ON: Final = 8
# Days after something broke on which somebody wrote that they cannot work.
REPORTED_ON: Final = (1, 2, 4)
_PRIORITIES: Final[dict[Priority, float]] = {"low": 0.42, "medium": 0.36, "high": 0.17, "urgent": 0.05}
_ANSWERED_WITHIN: Final[dict[Priority, int]] = {"low": 300, "medium": 150, "high": 60, "urgent": 20}


def record_tickets(
    session: WriteSession, actor: Actor, customers: Iterable[tuple[DemoCustomer, UUID]], *, now: datetime
) -> int:
    """Add the tickets of all customers, and return how many; each customer's are the same in every build."""
    made = [ticket for customer, organization_id in customers for ticket in _tickets(customer, organization_id, now)]
    return record_past_tickets(session, actor, made, now=now)


def report_outages(
    session: WriteSession, actor: Actor, customer: DemoCustomer, organization_id: UUID, *, now: datetime
) -> None:
    """Add the urgent tickets of a customer to whom something broke, open until it was mended."""
    broken = [burst for burst in customer.behavior.bursts if burst.error_rate is not None]
    made = [
        Ticket(
            organization_id,
            f"outage-{burst.first_days_ago}-{day}",
            "urgent",
            submitted_at=now - timedelta(days=burst.first_days_ago - day),
            closed_at=now - timedelta(days=burst.last_days_ago - 1),
            response_minutes=18 + 5 * day,
            escalated=day == REPORTED_ON[0],
        )
        for burst in broken
        for day in REPORTED_ON
    ]
    if made:
        record_past_tickets(session, actor, made, now=now)


def _tickets(customer: DemoCustomer, organization_id: UUID, now: datetime) -> Iterator[Ticket]:
    chance = random.Random(f"tickets of {customer.name}")  # noqa: S311  # a story, not a secret
    weeks = min(WEEKS, int(customer.months * 4.3))
    for week in range(weeks, 0, -1):
        begins = now - timedelta(weeks=week)
        for number in range(_poisson(chance, _rate(customer.behavior, chance))):
            yield _ticket(chance, organization_id, f"{begins:%Y%m%d}-{number}", begins, now)


def _rate(behavior: Behavior, chance: random.Random) -> float:
    usual = A_PERSON * behavior.people
    on = "chatbot" in behavior.features and chance.randrange(10) < WEEKS_ON
    return usual * WITH_CHATBOT if on else usual


def _ticket(chance: random.Random, organization_id: UUID, reference: str, begins: datetime, now: datetime) -> Ticket:
    (priority,) = chance.choices(list(_PRIORITIES), list(_PRIORITIES.values()))
    at = begins + timedelta(minutes=chance.randrange(7 * 24 * 60))
    waited = max(2, round(chance.lognormvariate(0, 0.6) * _ANSWERED_WITHIN[priority]))
    rated = chance.random() < 0.4
    closed, answered = at + timedelta(minutes=waited + chance.randrange(60, 3000)), at + timedelta(minutes=waited)
    return Ticket(
        organization_id,
        reference,
        priority,
        submitted_at=at,
        closed_at=closed if closed < now else None,
        response_minutes=waited if answered < now else None,
        satisfaction=chance.choices((2, 3, 4, 5), (1, 2, 5, 6))[0] if rated else None,
        escalated=priority == "urgent" and chance.random() < 0.3,
    )


def _poisson(chance: random.Random, rate: float) -> int:
    """Return a count with the mean `rate` (Knuth's method, for small rates)."""
    limit, product, count = 2.718281828459045**-rate, chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
