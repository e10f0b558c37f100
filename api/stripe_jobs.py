"""What is done about Stripe in the background: events one after the other, backfills, and what was left lying."""

from datetime import timedelta
from typing import Final

from api.house import House
from core import clock
from core.billing.stripe import writes
from core.billing.stripe.reads import backfilled_at
from core.billing.stripe_gateway import Account, account_of
from core.errors import InvalidInput
from core.imports.stripe.running import Running, backfill, process_events
from core.jobs.queue import Task
from core.jobs.schedule import Periodic, periodic
from db.session import SYSTEM

# Once somebody has taken everything in, it is looked through again this often, for events that never came.
LOOKED_THROUGH_EVERY: Final = timedelta(days=1)


def jobs(house: House) -> tuple[Task, ...]:
    """Return the jobs, by name."""

    def take_events() -> None:
        process_events(Running(house.databases, _account(house), clock.now))

    def take_all() -> None:
        backfill(Running(house.databases, _account(house), clock.now), report=_untold)

    return (Task(writes.EVENTS_TASK, take_events), Task(writes.BACKFILL_TASK, take_all))


def schedule(house: House) -> list[Periodic]:
    """Return what is looked at again and again; nothing without a key."""
    if account_of(house.settings) is None:
        return []

    def pick_up() -> None:
        with house.databases.control.write(SYSTEM) as session:
            writes.pick_up_events(session, now=clock.now())
            writes.forget_events(session, now=clock.now())
            looked = backfilled_at(session)
            if looked is not None and looked < clock.now() - LOOKED_THROUGH_EVERY:
                writes.queue_backfill(session)

    return [periodic("pick up Stripe's events", 600, pick_up)]


def _account(house: House) -> Account:
    account = account_of(house.settings)
    if account is None:
        raise InvalidInput("STRIPE_SECRET_KEY is not set any more: set it, or let what waits for Stripe go.")
    return account


def _untold(stage: str, done: int) -> None:
    """How far it is stands in the database, for whoever looks."""
