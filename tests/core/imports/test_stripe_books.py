"""Stripe's customers and subscriptions in our books, told over HTTP by a Stripe of our own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.billing.invoices.due import agreed_with
from core.billing.stripe.reads import kept, kept_all, progress
from core.billing.stripe.writes import keep_objects
from core.config import Settings
from core.finance.reads import bridge
from core.imports.stripe.running import backfill
from core.organizations.writes import create_organization
from core.periods import Period
from db.models.organizations import organization
from db.session import SYSTEM
from tests.loopback_stripe.books import MONTH
from tests.loopback_stripe.world import BEGIN, World, sold, stripe_world


@pytest.fixture
def world(test_settings: Settings) -> Iterator[World]:
    """Yield a Stripe, and an installation that listens to it."""
    with stripe_world(test_settings) as made:
        yield made


def test_a_backfill_takes_customers_and_what_they_pay(world: World) -> None:
    price = sold(world)
    initech = world.books.customer("Initech", "Billing@Initech.test", address={"country": "DE"})
    world.books.subscribe(initech, (price, 3))
    umbrella = world.books.customer("Umbrella")
    gone = world.books.subscribe(umbrella, (sold(world, 120_000, interval="year"), 1))
    world.books.pass_time(MONTH)
    world.books.cancel(gone)
    world.books.pass_time(MONTH)
    world.take_all()
    (running,), (over,) = world.of(initech), world.of(umbrella)
    assert (running.tier_id, running.billing_period, running.amount.minor, running.quantity) == (
        "pro",
        "monthly",
        5_000,
        3,
    )
    assert (running.started_at, running.ended_at) == (BEGIN, None)
    assert (over.billing_period, over.mrr.minor, over.ended_at) == (
        "annual",
        10_000,
        datetime(2026, 2, 9, 9, tzinfo=UTC),
    )
    assert world.moved(initech) == [("new", 15_000, "2026-01-10")]
    assert world.moved(umbrella) == [("new", 10_000, "2026-01-10"), ("churn", -10_000, "2026-02-09")]
    with world.databases.control.read(SYSTEM) as session:
        row = session.execute(organization.select().where(organization.c.name == "Initech")).one()
        month = bridge(session, world.cast.fiona, Period(BEGIN.replace(day=1), world.clock()), as_of=world.clock())
    assert (row.contact_email, row.country, row.created_at) == ("billing@initech.test", "DE", BEGIN)
    assert month.closing.minor == 15_000


def test_a_backfill_twice_changes_nothing(world: World) -> None:
    world.books.subscribe(world.books.customer("Initech"), (sold(world), 3))
    world.take_all()
    before = world.counts()
    world.take_all()
    assert world.counts() == before


def test_what_stripe_bills_is_not_billed_here_too(world: World) -> None:
    initech = world.books.customer("Initech", "billing@initech.test")
    world.books.subscribe(initech, (sold(world), 3))
    world.take_all()
    (running,) = world.of(initech)
    month, until = date(2026, 2, 1), date(2026, 3, 1)
    with world.databases.control.read(SYSTEM) as session:
        agreed = agreed_with(session, [running.organization_id])
        assert agreed.lines(running.organization_id, month, until) == ([], [])
        # Without the tie it is.
        (line,), _ = replace(agreed, at_stripe=frozenset()).lines(running.organization_id, month, until)
    assert (line.amount, line.subscription_id) == (Decimal(15_000), running.id)


def test_a_backfill_goes_on_where_it_was_stopped(world: World) -> None:
    world.stripe.page = 2
    customers = [world.books.customer(f"Customer {number}") for number in range(7)]
    world.books.subscribe(customers[0], (sold(world), 1))

    class Stopped(Exception):
        """The process is gone."""

    def stop(stage: str, done: int) -> None:
        if stage == "customer" and done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        backfill(world.running, report=stop)
    with world.databases.control.read(SYSTEM) as session:
        halfway = {one.stage: (one.done, one.finished_at is not None) for one in progress(session)}
        assert len(kept_all(session, "customer")) == 4
    assert (halfway["product"], halfway["customer"], halfway["subscription"]) == ((1, True), (4, False), (0, False))
    world.stripe.asked.clear()
    world.take_all()
    assert not [path for _, path in world.stripe.asked if path.startswith("/v1/products")]
    assert len([path for _, path in world.stripe.asked if path.startswith("/v1/customers")]) == 2
    with world.databases.control.read(SYSTEM) as session:
        assert {one.finished_at is not None for one in progress(session)} == {True}
    assert [one.mrr.minor for one in world.of(customers[0])] == [5_000]


def test_a_customer_is_found_by_metadata_or_mail_before_one_is_added(world: World) -> None:
    with world.databases.control.write(SYSTEM) as session:
        by_mail = create_organization(session, world.cast.system, "Hooli", contact_email="money@hooli.test", now=BEGIN)
        by_name = create_organization(session, world.cast.system, "Pied Piper", now=BEGIN)
    hooli = world.books.customer("Hooli Inc.", "Money@hooli.test")
    piper = world.books.customer("PP", metadata={"organization_id": str(by_name)})
    vendor = world.books.customer("Somebody", metadata={"organization_id": str(world.cast.vendor)})
    world.take_all()
    with world.databases.control.read(SYSTEM) as session:
        found = [kept(session, "customer", one["id"]) for one in (hooli, piper, vendor)]
    whose = [one.organization_id for one in found if one]
    assert whose[:2] == [by_mail, by_name]
    assert whose[2] not in {None, by_mail, by_name, world.cast.vendor}


def test_events_change_quantity_price_and_end(world: World) -> None:
    initech = world.books.customer("Initech")
    price = sold(world)
    begun = world.books.subscribe(initech, (price, 2))
    world.hear()
    world.books.pass_time(MONTH)
    world.books.change(begun, quantity=5)
    world.hear()
    world.books.pass_time(MONTH)
    world.books.change(begun, quantity=1)
    world.hear()
    world.books.pass_time(MONTH)
    world.books.cancel(begun)
    world.hear()
    assert world.moved(initech) == [
        ("new", 10_000, "2026-01-10"),
        ("expansion", 15_000, "2026-02-09"),
        ("contraction", -20_000, "2026-03-11"),
        ("churn", -5_000, "2026-04-10"),
    ]


def test_e11_an_event_twice_leaves_state_and_audit_as_they_are(world: World) -> None:
    begun = world.books.subscribe(world.books.customer("Initech"), (sold(world), 2))
    world.books.change(begun, quantity=4)
    events = world.new_events()
    world.hear(*events)
    before = world.counts()
    world.hear(*events)
    assert world.counts() == before


def test_e12_a_late_created_after_deleted_stays_deleted(world: World) -> None:
    initech = world.books.customer("Initech")
    begun = world.books.subscribe(initech, (sold(world), 2))
    world.hear(*world.new_events()[:1])
    world.books.pass_time(3_600)
    world.books.cancel(begun)
    created, deleted = [one for one in world.books.events if one["type"].startswith("customer.subscription")]
    world.hear(deleted)
    world.books.pass_time(60)
    world.hear(created)
    (over,) = world.of(initech)
    assert over.ended_at is not None
    assert [kind for kind, _, _ in world.moved(initech)] == ["new", "churn"]


def test_e12_any_order_comes_to_the_same_end(world: World) -> None:
    initech = world.books.customer("Initech")
    begun = world.books.subscribe(initech, (sold(world), 2))
    world.books.pass_time(MONTH)
    world.books.change(begun, quantity=6)
    world.hear(*reversed(world.new_events()))
    assert sum(one.mrr.minor for one in world.of(initech) if one.ended_at is None) == 30_000


def test_e12_what_was_asked_for_earlier_never_covers_what_was_asked_for_later(world: World) -> None:
    initech = world.books.customer("Initech")
    begun = world.books.subscribe(initech, (sold(world), 2))
    world.hear()
    world.books.cancel(begun)
    world.books.pass_time(10)
    world.hear()
    stale = {**begun, "status": "active", "ended_at": None, "canceled_at": None}
    with world.databases.control.write(SYSTEM) as session:
        keep_objects(session, "subscription", [stale], seen_at=BEGIN)
        found = kept(session, "subscription", begun["id"])
    assert found is not None
    assert found.payload["status"] == "canceled"


def test_a_trial_costs_nothing_until_it_ends(world: World) -> None:
    initech = world.books.customer("Initech")
    ends = world.books.now + 14 * 86_400
    begun = world.books.subscribe(initech, (sold(world), 1), status="trialing", trial_end=ends)
    world.hear()
    assert world.moved(initech) == []
    world.books.pass_time(14 * 86_400)
    world.books.change(begun, status="active")
    world.hear()
    assert world.moved(initech) == [("new", 5_000, "2026-01-24")]


def test_a_trial_that_is_over_when_it_is_first_seen_has_cost_nothing(world: World) -> None:
    initech = world.books.customer("Initech")
    world.books.subscribe(initech, (sold(world), 1), trial_end=world.books.now + 14 * 86_400)
    world.books.pass_time(MONTH)
    world.take_all()
    assert world.moved(initech) == [("new", 5_000, "2026-01-24")]


def test_a_pause_and_an_unpaid_spell_end_and_begin_again(world: World) -> None:
    initech = world.books.customer("Initech")
    begun = world.books.subscribe(initech, (sold(world), 1))
    world.hear()
    for change in (
        {"pause_collection": {"behavior": "void", "resumes_at": None}},
        {"pause_collection": None},
        {"status": "unpaid"},
        {"status": "active"},
    ):
        world.books.pass_time(86_400)
        world.books.change(begun, **change)
        world.hear()
    assert [kind for kind, _, _ in world.moved(initech)] == ["new", "churn", "reactivation", "churn", "reactivation"]


def test_past_due_counts_and_incomplete_does_not(world: World) -> None:
    late, never = world.books.customer("Late"), world.books.customer("Never")
    world.books.subscribe(late, (sold(world), 1), status="past_due")
    world.books.subscribe(never, (sold(world), 1), status="incomplete")
    world.take_all()
    assert [one.mrr.minor for one in world.of(late)] == [5_000]
    assert world.of(never) == []


def test_a_coupon_comes_off(world: World) -> None:
    initech = world.books.customer("Initech")
    coupon = {"id": "half", "object": "coupon", "percent_off": 25.5, "amount_off": None, "duration": "forever"}
    discount = {"id": "di_1", "object": "discount", "source": {"type": "coupon", "coupon": coupon}}
    world.books.subscribe(initech, (sold(world), 2), discounts=[discount])
    world.take_all()
    assert [one.mrr.minor for one in world.of(initech)] == [7_450]


def test_two_items_are_two_subscriptions_and_a_metered_one_is_none(world: World) -> None:
    initech = world.books.customer("Initech")
    metered = sold(world, 10, usage_type="metered")
    begun = world.books.subscribe(initech, (sold(world), 1), (sold(world, 1_000), 4), (metered, None))
    world.hear()
    assert sorted(one.mrr.minor for one in world.of(initech)) == [4_000, 5_000]
    world.books.pass_time(86_400)
    begun["items"]["data"].pop(1)
    world.books.change(begun)
    world.hear()
    assert [one.mrr.minor for one in world.of(initech) if one.ended_at is None] == [5_000]


@pytest.mark.parametrize(
    ("price", "quantity", "mrr"),
    [
        ({"interval": "month", "interval_count": 6}, 2, 1_667),
        ({"interval": "week", "interval_count": 1}, 1, 21_667),
        ({"interval": "year", "interval_count": 2}, 1, 208),
        ({"interval": "month", "interval_count": 3}, 1, 1_667),
        ({"unit_amount_decimal": "0.5"}, 1_001, 501),
        ({"transform_quantity": {"divide_by": 10, "round": "up"}}, 11, 10_000),
        ({"lookup_key": "enterprise"}, 1, 5_000),
    ],
)
def test_prices_of_every_shape_are_worth_what_they_are_worth_a_month(
    world: World, price: dict[str, Any], quantity: int, mrr: int
) -> None:
    initech = world.books.customer("Initech")
    world.books.subscribe(initech, (sold(world, **price), quantity))
    world.take_all()
    assert [one.mrr.minor for one in world.of(initech)] == [mrr]


def test_what_has_no_tier_is_left_out_with_what_to_do_and_comes_in_once_it_has(world: World) -> None:
    initech = world.books.customer("Initech")
    product = world.books.product("Rocket fuel")
    begun = world.books.subscribe(initech, (world.books.price(product, 900), 1))
    world.take_all()
    assert world.of(initech) == []
    with world.databases.control.read(SYSTEM) as session:
        found = kept(session, "subscription", begun["id"])
    assert found is not None
    assert "set metadata `tier`" in (found.problem or "")
    world.new_events()
    product["metadata"]["tier"] = "Basic"
    world.books.tell("product.updated", product)
    world.hear()
    assert [one.tier_id for one in world.of(initech)] == ["basic"]


def test_a_currency_without_a_rate_is_named_and_the_others_come_in(world: World) -> None:
    product = world.books.product("Pro")
    swede, initech = world.books.customer("Ikea"), world.books.customer("Initech")
    begun = world.books.subscribe(swede, (world.books.price(product, 900, currency="sek"), 1))
    world.books.subscribe(initech, (world.books.price(product, 900), 1))
    world.take_all()
    with world.databases.control.read(SYSTEM) as session:
        found = kept(session, "subscription", begun["id"])
    assert found is not None
    assert "SEK" in (found.problem or "")
    assert [one.mrr.minor for one in world.of(initech)] == [900]


def test_a_deleted_customer_stays_with_what_it_paid(world: World) -> None:
    initech = world.books.customer("Initech")
    world.books.subscribe(initech, (sold(world), 1))
    world.hear()
    world.books.pass_time(86_400)
    world.books.delete_customer(initech)
    world.hear()
    assert [kind for kind, _, _ in world.moved(initech)] == ["new", "churn"]
