"""Reconciliation before Stripe is connected, when everything agrees, and when something does not."""

from collections.abc import Iterator

import pytest

from core import clock
from core.billing.invoices.addresses import Address
from core.billing.invoices.sellers import NewSeller, add_seller
from core.databases import Databases
from db.session import SYSTEM
from tests.cast import Cast
from tests.loopback_stripe.books import Books
from tests.loopback_stripe.server import loopback_stripe
from tests.loopback_stripe.world import World, sold
from tests.pages.conftest import AsPerson, words
from tests.pages.test_cash import tiles


@pytest.fixture(scope="module")
def world(databases: Databases, cast: Cast) -> Iterator[World]:
    """Yield a Stripe with a customer, taken in."""
    with loopback_stripe(Books(int(clock.now().timestamp()) - 86_400)) as stripe:
        made = World(stripe, databases, cast)
        with databases.control.write(SYSTEM) as session:
            add_seller(session, cast.system, NewSeller(Address("Calos Ltd", country="US"), "RECON"), now=made.clock())
        initech = made.books.customer("Initech")
        made.books.subscribe(initech, (sold(made), 3))
        made.books.pay(made.books.finalize(made.books.invoice(initech, 15_000)))
        made.take_all()
        yield made


@pytest.mark.parametrize("name", ["fiona", "sam"])
def test_without_a_key_it_says_what_to_set(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "reconciliation")
    assert not app.exception
    assert "STRIPE_SECRET_KEY" in words(app)


@pytest.mark.parametrize("name", ["vera", "otto"])
def test_who_may_not_see_money_does_not_see_it(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "reconciliation")
    assert not app.exception
    assert "Everything agrees" not in words(app)
    assert "STRIPE_SECRET_KEY" not in words(app)


@pytest.mark.usefixtures("world")
def test_everything_agrees(as_person: AsPerson) -> None:
    app = as_person("fiona", "reconciliation")
    assert not app.exception
    assert "Everything agrees" in words(app)
    assert tiles(app) == {
        "MRR, by Stripe": "$150.00",
        "Invoiced, by Stripe": "$150.00",
        "Paid, by Stripe": "$150.00",
    }
    assert len(app.dataframe) == 0


def test_differences_are_named_with_what_they_are_worth(as_person: AsPerson, world: World) -> None:
    umbrella = world.books.customer("Umbrella")
    world.books.subscribe(umbrella, (world.books.price(world.books.product("Fuel"), 900), 1))
    world.books.finalize(world.books.invoice(umbrella, -700))
    world.take_all()
    app = as_person("fiona", "reconciliation")
    assert not app.exception
    assert "2 differences worth $7.00" in words(app)
    rows = app.dataframe[0].value
    assert rows["customer"].tolist() == ["Umbrella", "Umbrella"]
    assert rows["fault"].tolist() == ["Not taken in", "Missing here"]
    assert "set metadata `tier`" in rows["here"].tolist()[0]
    assert rows["gap"].tolist()[1] == "−$7.00"
