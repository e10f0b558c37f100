"""Stripe's events that are done later: what failed is noted on them, and holds up no other."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from core.billing.stripe.reads import event_by_id, events_waiting
from core.billing.stripe.writes import store_event
from core.config import Settings
from core.errors import InvalidInput, UpstreamFailed
from core.imports.stripe.running import process_event, process_events
from db.session import SYSTEM
from tests.loopback_stripe.world import World, sold, stripe_world


@pytest.fixture
def world(test_settings: Settings) -> Iterator[World]:
    """Yield a Stripe, and an installation that listens to it."""
    with stripe_world(test_settings) as made:
        yield made


def test_a_silent_stripe_is_noted_on_the_event_which_is_done_later(world: World) -> None:
    world.books.customer("Initech")
    (event,) = world.new_events()
    world.stripe.faults = [500] * 20
    with pytest.raises(UpstreamFailed, match="status 500"):
        world.hear(event)
    with world.databases.control.read(SYSTEM) as session:
        found = event_by_id(session, event["id"])
    assert found is not None
    assert (found.processed, found.error) == (False, "Stripe answered with status 500: try again later.")
    world.stripe.faults.clear()
    process_event(world.running, event["id"])
    with world.databases.control.read(SYSTEM) as session:
        found = event_by_id(session, event["id"])
    assert found is not None
    assert (found.processed, found.error) == (True, None)


def test_all_that_waits_is_processed_by_one_job_and_one_that_fails_does_not_hold_up_the_others(world: World) -> None:
    initech = world.books.customer("Initech")
    world.books.subscribe(initech, (sold(world), 2))
    with world.databases.control.write(SYSTEM) as session:
        for one in world.books.events:
            assert store_event(session, one, now=world.clock())
        jobs = session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one()
    # The first is refused for good, the second hits a hiccup that passes.
    world.stripe.faults = [400, 500]
    with pytest.raises(InvalidInput, match="refused the request"):
        process_events(world.running)
    assert jobs == 1
    with world.databases.control.read(SYSTEM) as session:
        assert events_waiting(session) == 1
    assert [one.mrr.minor for one in world.of(initech)] == [10_000]
    process_events(world.running)
    with world.databases.control.read(SYSTEM) as session:
        assert events_waiting(session) == 0
