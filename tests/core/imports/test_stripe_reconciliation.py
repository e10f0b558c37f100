"""Stripe against our books: nothing differs after a backfill, and what is made to differ is named to the cent."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.billing.invoices.addresses import Address
from core.billing.invoices.reads import list_invoices
from core.billing.invoices.sellers import NewSeller, add_seller
from core.billing.stripe.reads import kept
from core.billing.writes import change_subscription, end_subscription
from core.config import Settings
from core.finance.differences import Held
from core.finance.reconciliation import Reconciliation, differences, held_by_both, reconcile, sides
from core.finance.writes import record_movement
from core.money import Money
from db.models.costs import cash_entry
from db.session import SYSTEM
from tests.loopback_stripe.books import MONTH
from tests.loopback_stripe.shapes import Json
from tests.loopback_stripe.world import BEGIN, World, sold, stripe_world

ACTS = ["subscribe", "change", "cancel", "bill", "pay", "refund", "hear"]


@pytest.fixture
def world(test_settings: Settings) -> Iterator[World]:
    """Yield a Stripe, and an installation that listens to it and has an entity that sells."""
    with stripe_world(test_settings) as made:
        _seller(made)
        yield made


def _seller(world: World) -> None:
    with world.databases.control.write(SYSTEM) as session:
        add_seller(session, world.cast.system, NewSeller(Address("Calos Ltd", country="US"), "CALOS"), now=BEGIN)


def report(world: World) -> Reconciliation:
    """Reconcile, as Fiona."""
    with world.databases.control.read(SYSTEM) as session:
        return reconcile(session, world.cast.fiona, now=world.clock() + timedelta(seconds=1))


def told(world: World) -> list[tuple[str, str, int]]:
    """Every difference as subject, fault and gap in minor units."""
    return [(one.subject, one.fault, one.gap.minor) for one in report(world).differences]


def busy(world: World) -> tuple[Json, Json]:
    """A customer with a subscription and an invoice of each state; returns both."""
    initech = world.books.customer("Initech", "money@initech.test")
    begun = world.books.subscribe(initech, (sold(world), 3))
    made = [world.books.invoice(initech, 15_000 + each, subscription=begun["id"]) for each in range(5)]
    for one in made[1:]:
        world.books.finalize(one)
    paid = world.books.pay(made[1])
    world.books.void(made[2])
    world.books.give_up(made[3])
    world.books.pay(made[4], 4_000)
    world.books.pass_time(86_400)
    world.books.refund(paid, 1_000)
    return initech, begun


def test_before_anything_was_heard_nothing_differs(world: World) -> None:
    found = report(world)
    assert (found.agrees, found.heard_at, found.worth) == (True, None, Money(0, "USD"))


def test_after_a_backfill_everything_agrees_and_the_cash_is_in(world: World) -> None:
    initech, _ = busy(world)
    world.take_all()
    found = report(world)
    assert [(one.subject, one.fault, one.stripe, one.here) for one in found.differences] == [
        # Our books open an invoice again whose payment went back; Stripe's stays paid.
        ("invoice", "state", "$150.01, paid", "$150.01, open"),
    ]
    assert {one.subject: (one.stripe, one.here) for one in found.sides} == {
        "mrr": ({"USD": 15_000}, {"USD": 15_000}),
        "invoice": ({"USD": 60_010}, {"USD": 60_010}),
        "payment": ({"USD": 19_001}, {"USD": 19_001}),
        "refund": ({"USD": 1_000}, {"USD": 1_000}),
    }
    with world.databases.control.read(SYSTEM) as session:
        ours = list_invoices(session, world.cast.fiona, limit=50).invoices
        cash = list(session.execute(select(cash_entry.c.amount_minor).order_by(cash_entry.c.amount_minor)).scalars())
        whose = kept(session, "customer", initech["id"])
    assert sorted(one.state for one in ours) == ["open", "open", "uncollectible", "void"]
    assert {one.organization_id for one in ours} == {whose.organization_id if whose else None}
    assert cash == [-1_000, 4_000, 15_001]


def test_a_backfill_twice_takes_no_money_twice(world: World) -> None:
    busy(world)
    world.take_all()
    before = world.counts()
    world.take_all()
    world.hear(*[{**one, "id": f"{one['id']}_again"} for one in world.books.events])
    after = world.counts()
    assert {**after, "stripe_event": 0} == {**before, "stripe_event": 0}


def test_payments_come_in_by_events(world: World) -> None:
    initech = world.books.customer("Initech")
    bill = world.books.finalize(world.books.invoice(initech, 9_900))
    world.hear()
    assert told(world) == []
    world.books.pass_time(3_600)
    world.books.pay(bill)
    world.hear()
    assert told(world) == []
    with world.databases.control.read(SYSTEM) as session:
        assert [one.state for one in list_invoices(session, world.cast.fiona, limit=9).invoices] == ["paid"]


def test_what_our_side_changed_is_named(world: World) -> None:
    initech, _ = busy(world)
    world.take_all()
    (ours,) = world.of(initech)
    with world.databases.control.write(SYSTEM) as session:
        made = change_subscription(
            session, world.cast.system, ours, "pro", "monthly", Money(4_000, "USD"), now=world.clock()
        )
        record_movement(session, world.cast.system, ours, made, now=world.clock())
    assert ("subscription", "amount", 3_000) in told(world)
    with world.databases.control.write(SYSTEM) as session:
        end_subscription(session, world.cast.system, made, now=world.clock())
    assert {("subscription", "state", 15_000), ("mrr", "ledger", -12_000)} <= set(told(world))


def test_what_stripe_changed_unheard_is_named_after_the_next_look_only_in_the_books_that_miss_it(world: World) -> None:
    _, begun = busy(world)
    world.take_all()
    world.books.change(begun, quantity=4)
    assert not [one for one in told(world) if one[0] in {"subscription", "mrr"}]
    world.take_all()
    assert not [one for one in told(world) if one[0] in {"subscription", "mrr"}]
    assert report(world).sides[0].here == {"USD": 20_000}


def test_what_could_not_be_taken_in_is_named_with_why(world: World) -> None:
    initech = world.books.customer("Initech")
    world.books.subscribe(initech, (world.books.price(world.books.product("Rocket fuel"), 900), 1))
    world.books.finalize(world.books.invoice(initech, -500))
    disputed = world.books.finalize(world.books.invoice(initech, 700))
    world.books.dispute(world.books.pay(disputed))
    world.take_all()
    found = {(one.subject, one.fault): one for one in report(world).differences}
    assert "metadata `tier`" in found["subscription", "unread"].here
    assert "less than nothing" in found["invoice", "missing_here"].here
    assert found["invoice", "missing_here"].gap == Money(-500, "USD")
    assert found["dispute", "state"].stripe == "$7.00, needs response"


def test_worth_is_the_size_of_all_gaps_in_dollars_and_names_currencies_without_a_rate(world: World) -> None:
    initech = world.books.customer("Initech")
    world.books.finalize(world.books.invoice(initech, -500))
    world.books.finalize(world.books.invoice(initech, 900, currency="sek"))
    world.take_all()
    with world.databases.control.read(SYSTEM) as session:
        held = held_by_both(session, world.cast.fiona, at=world.clock())
    _same_gap(held)
    found = report(world)
    assert found.worth == Money(500, "USD")


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["subscribe", "change", "cancel", "bill", "pay", "refund", "hear"]), st.integers(1, 9)
        ),
        max_size=12,
    )
)
def test_differences_always_add_up_to_the_gap_between_the_two_sides(world: World, acts: list[tuple[str, int]]) -> None:
    price, customer = sold(world), world.books.customer("Initech")
    begun: list[Json] = []
    bills: list[Json] = []
    payments: list[Json] = []
    for act, number in acts:
        world.books.pass_time(MONTH // 30)
        if act == "subscribe":
            begun.append(world.books.subscribe(customer, (price, number)))
        elif act == "change" and begun and begun[-1]["status"] == "active":
            world.books.change(begun[-1], quantity=number)
        elif act == "cancel" and begun and begun[-1]["status"] == "active":
            world.books.cancel(begun[-1])
        elif act == "bill":
            bills.append(world.books.finalize(world.books.invoice(customer, number * 101)))
        elif act == "pay" and bills and bills[-1]["status"] == "open":
            payments.append(world.books.pay(bills[-1]))
        elif act == "refund" and payments:
            world.books.refund(payments.pop(), number)
        elif act == "hear":
            world.hear(*reversed(world.new_events()))
    with world.databases.control.read(SYSTEM) as session:
        _same_gap(held_by_both(session, world.cast.fiona, at=world.clock() + timedelta(seconds=1)))
    world.hear()
    with world.databases.control.read(SYSTEM) as session:
        held = held_by_both(session, world.cast.fiona, at=world.clock() + timedelta(seconds=1))
    _same_gap(held)
    assert [one for one in differences(held) if one.fault != "state"] == []


def _same_gap(held: Held) -> None:
    """The gaps of the differences are, subject by subject and to the cent, what the two sums differ by."""
    gaps: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in differences(held):
        subject = "mrr" if one.subject == "subscription" else one.subject
        gaps[subject][one.gap.currency] += one.gap.minor
    for side in sides(held):
        for currency in {*side.stripe, *side.here}:
            gap = side.stripe.get(currency, 0) - side.here.get(currency, 0)
            assert gaps[side.subject][currency] == gap, (side, currency)
