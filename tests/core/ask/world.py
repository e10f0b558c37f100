"""A small world to ask about: five customers of three tiers with a year of books, on databases of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.accounts.cards import refresh_card
from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.config import Settings
from core.databases import Databases
from core.finance.booking import book_costs
from core.finance.entries import NewCost
from core.money import Money
from db.session import SYSTEM
from tests.books import own_databases
from tests.cast import Cast, make_cast

# Name, tier, billing period, how many days before now the license was issued.
CUSTOMERS = (
    ("Northwind Markets", "enterprise", "monthly", 320),
    ("Hooli", "pro", "monthly", 200),
    ("Initech", "pro", "annual", 90),
    ("Umbrella Labs", "basic", "monthly", 45),
    ("Soylent Foods", "basic", "monthly", 12),
)


@dataclass(frozen=True)
class World:
    """The databases and the people."""

    databases: Databases
    cast: Cast


@contextmanager
def world(settings: Settings, now: datetime) -> Iterator[World]:
    """Open the world, committed; it is gone afterwards."""
    with own_databases(settings) as databases:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, now - timedelta(days=400))
        for name, tier, period, days in CUSTOMERS:
            asked = LicenseRequest(f"it@{name.split()[0].lower()}.test", tier, billing_period=period, name=name)
            with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
                made = create_license(session, cast.fiona, asked, now=now - timedelta(days=days))
                refresh_card(session, telemetry, made.organization_id, now=now)
        with databases.control.write(SYSTEM) as session:
            book_costs(session, cast.fiona, list(_costs(now.date())), now=now)
        yield World(databases, cast)


def _costs(today: date) -> Iterator[NewCost]:
    """Yield compute that grows by half and storage that stays, on the tenth of the last two whole months."""
    last = (today.replace(day=1) - timedelta(days=1)).replace(day=10)
    before = (last.replace(day=1) - timedelta(days=1)).replace(day=10)
    for day, compute in ((before, 40_000), (last, 60_000)):
        yield NewCost(booked_on=day, kind="compute", amount=Money(compute, "USD"))
        yield NewCost(booked_on=day, kind="storage", amount=Money(10_000, "USD"))
