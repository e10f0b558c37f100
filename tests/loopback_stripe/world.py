"""A Stripe of our own and an installation of Calos that listens to it, both on Stripe's clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text

from core.billing.reads import Subscription, subscriptions_of
from core.billing.stripe.reads import kept
from core.billing.stripe.writes import store_event
from core.billing.stripe_gateway import Account
from core.config import Settings
from core.databases import Databases
from core.imports.stripe.running import Running, backfill, process_event
from db.models.finance import movement
from db.session import SYSTEM
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.loopback_stripe.books import Books
from tests.loopback_stripe.server import LoopbackStripe, loopback_stripe
from tests.loopback_stripe.shapes import Json

BEGIN = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)


@dataclass
class World:
    """A Stripe, an installation that listens to it, and Stripe's clock as ours."""

    stripe: LoopbackStripe
    databases: Databases
    cast: Cast
    sent: int = 0

    @property
    def books(self) -> Books:
        """What Stripe holds."""
        return self.stripe.books

    @property
    def running(self) -> Running:
        """What jobs are given."""
        account = Account(self.stripe.key, self.stripe.url, timeout=10, budget=20, pause=lambda _seconds: None)
        return Running(self.databases, account, self.clock)

    def clock(self) -> datetime:
        """Now, as Stripe sees it."""
        return datetime.fromtimestamp(self.books.now, UTC)

    def take_all(self) -> None:
        """Run the backfill."""
        backfill(self.running, report=lambda _stage, _done: None)

    def new_events(self) -> list[Json]:
        """What happened since the last look."""
        found = self.books.events[self.sent :]
        self.sent = len(self.books.events)
        return found

    def hear(self, *events: Json) -> None:
        """Store and process events in the order given, new ones where none is given."""
        for one in events or self.new_events():
            with self.databases.control.write(SYSTEM) as session:
                store_event(session, one, now=self.clock())
            process_event(self.running, one["id"])

    def of(self, customer: Json) -> list[Subscription]:
        """What a customer of Stripe's has or had here, oldest first."""
        with self.databases.control.read(SYSTEM) as session:
            found = kept(session, "customer", customer["id"])
            assert found is not None
            assert found.organization_id is not None
            return list(reversed(subscriptions_of(session, self.cast.fiona, found.organization_id)))

    def moved(self, customer: Json) -> list[tuple[str, int, str]]:
        """The movements of a customer: kind, minor units, day."""
        with self.databases.control.read(SYSTEM) as session:
            found = kept(session, "customer", customer["id"])
            assert found is not None
            rows = session.execute(
                select(movement).where(movement.c.organization_id == found.organization_id).order_by(movement.c.id)
            )
            return [(row.kind, row.mrr_change_minor, f"{row.effective_at:%Y-%m-%d}") for row in rows]

    def counts(self) -> dict[str, int]:
        """How many rows the tables hold that Stripe's word may change."""
        tables = ("organization", "subscription", "movement", "audit_entry", "stripe_event", "stripe_object")
        with self.databases.control.read(SYSTEM) as session:
            return {one: session.execute(text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables}


@contextmanager
def stripe_world(settings: Settings) -> Iterator[World]:
    """Yield an empty Stripe, and an installation in which only the cast is."""
    books = Books(int(BEGIN.timestamp()))
    with own_databases(settings) as databases, loopback_stripe(books) as stripe:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, BEGIN)
        yield World(stripe, databases, cast)


def sold(world: World, unit: int = 5_000, **given: Any) -> Json:
    """A price of the product Pro."""
    return world.books.price(world.books.product("Pro"), unit, **given)
