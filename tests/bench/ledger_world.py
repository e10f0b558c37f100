"""Books of very many subscriptions over five years, by COPY: what the ledger's benches are measured on."""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from core.access.actor import Actor, system_actor
from core.billing.reads import Subscription
from core.config import Settings
from core.databases import Databases, migrate_all, open_databases, owner_urls
from core.finance.movements import Entry, Standing, entries
from core.finance.steps import steps_of
from core.ids import new_id
from core.money import Money
from core.organizations.writes import create_organization
from core.periods import BillingPeriod
from db import embedded
from db.session import SYSTEM

NOW = datetime(2026, 11, 15, 12, 34, 56, tzinfo=UTC)
BEGUN = datetime(2021, 11, 16, tzinfo=UTC)
TIERS = ("basic", "pro", "enterprise")
PRICES = {"basic": 9_900, "pro": 49_900, "enterprise": 199_900}
PERIODS: tuple[tuple[BillingPeriod, int], ...] = (("monthly", 1), ("monthly", 1), ("quarterly", 3), ("annual", 12))
# What one costs in dollars when the books begin; it sways by half a percent a day at most.
CURRENCIES = {"USD": 1.0, "EUR": 1.13, "GBP": 1.34, "JPY": 0.0088}
COUNTRIES = ("DE", "US", "FR", "GB", "JP", "NL", "ES", "IT", "SE", "PL")
SEGMENTS = ("Retail", "Food", "Health", "Media", "Energy")


@dataclass(frozen=True)
class Books:
    """A throw-away database with ordinary durability, a vendor, and what it sold."""

    databases: Databases
    owner_url: str
    staff: Actor
    subscriptions: int
    movements: int


@contextmanager
def books(home: Path, count: int) -> Iterator[Books]:
    """Yield books of so many rows of `subscription`, and end their server."""
    settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False, DATABASE_URL="", TELEMETRY_URL="")
    try:
        migrate_all(settings)
        databases = open_databases(settings)
        with databases.control.write(SYSTEM) as session:
            vendor = create_organization(session, system_actor(new_id()), "Vendor", realm="vendor", now=BEGUN)
        began = time.perf_counter()
        owner_url = owner_urls(settings)[0]
        movements = fill(owner_url, count)
        sys.stdout.write(
            f"\n{count:,} subscriptions, {movements:,} movements over 5 years, made by COPY "
            f"in {time.perf_counter() - began:.0f} s\n"
        )
        sys.stdout.flush()
        yield Books(databases, owner_url, system_actor(vendor), count, movements)
        databases.close()
    finally:
        embedded.stop(home)


def fill(owner_url: str, count: int) -> int:
    """Copy customers, their subscriptions, the movements these amount to, and a rate a day; return how many moved."""
    chance = random.Random(20_261_121)  # noqa: S311 - books that are made up, the same in every run
    customers: list[tuple[UUID, list[Subscription]]] = []
    made = 0
    while made < count:
        whom = new_id()
        lives = _lives(chance, whom)[: count - made]
        made += len(lives)
        customers.append((whom, lives))
    with psycopg.connect(owner_url) as owner:
        with owner.cursor().copy(
            "COPY organization (id, name, realm, country, segment, created_at) FROM STDIN"
        ) as rows:
            for number, (whom, _) in enumerate(customers):
                place = COUNTRIES[number % 10], SEGMENTS[number % 7 % 5]
                rows.write_row((whom, f"Customer {number}", "customer", *place, BEGUN))
        _sell(owner, [one for _, lives in customers for one in lives])
        moved = _move(owner, customers)
        _rates(owner, chance)
        owner.commit()
        owner.autocommit = True
        owner.execute("VACUUM ANALYZE")
    return moved


def _lives(chance: random.Random, whom: UUID) -> list[Subscription]:
    """Return what one customer had: mostly one subscription after the other, some two at once, some with a gap."""
    # More come every year.
    at = BEGUN + (NOW - BEGUN) * chance.random() ** 0.6
    currency = chance.choices(list(CURRENCIES), (50, 30, 15, 5))[0]
    found = _life(chance, whom, at, currency)
    if chance.random() < 0.05:
        found += _life(chance, whom, at + timedelta(days=chance.randrange(1, 400)), chance.choice(["USD", currency]))
    return [one for one in found if one.started_at < NOW]


def _life(chance: random.Random, whom: UUID, at: datetime, currency: str) -> list[Subscription]:
    found, tier, quantity = [], chance.choices(TIERS, (60, 30, 10))[0], 1 + chance.randrange(4)
    while at < NOW:
        period, months = chance.choice(PERIODS)
        digits = 0.01 if currency == "JPY" else 1.0
        amount = round(PRICES[tier] * months * chance.uniform(0.7, 1.0) / CURRENCIES[currency] * digits)
        until = at + timedelta(minutes=chance.randrange(30 * 1440, 600 * 1440))
        one = Subscription(new_id(), whom, None, tier, period, Money(amount, currency), quantity, at, until)
        left = until >= NOW
        found.append(replace(one, ended_at=None) if left else one)
        fate, at = chance.random(), until
        if left or fate < 0.35:
            break
        if fate < 0.45:
            at += timedelta(days=chance.randrange(1, 300))
        if fate > 0.7:
            tier, quantity = chance.choice(TIERS), max(1, quantity + chance.choice((-1, 1, 2)))
    return found


def _sell(owner: "psycopg.Connection[tuple[object, ...]]", sold: list[Subscription]) -> None:
    with owner.cursor().copy(
        "COPY subscription (id, organization_id, tier_id, billing_period, currency, amount_minor, quantity, started_at,"
        " ended_at) FROM STDIN"
    ) as rows:
        for one in sold:
            amount = (one.amount.currency, one.amount.minor, one.quantity)
            rows.write_row(
                (one.id, one.organization_id, one.tier_id, one.billing_period, *amount, one.started_at, one.ended_at)
            )


def _move(owner: "psycopg.Connection[tuple[object, ...]]", customers: list[tuple[UUID, list[Subscription]]]) -> int:
    """Append what these subscriptions amount to, in the order of their days, as a ledger that grew would lie."""
    found: list[tuple[UUID, Entry]] = [
        (whom, entry) for whom, lives in customers for entry in entries(Standing({}, False), steps_of(lives))
    ]
    found.sort(key=lambda each: each[1].effective_at)
    with owner.cursor().copy(
        "COPY movement (organization_id, subscription_id, tier_id, from_tier_id, moved_minor, kind, effective_at,"
        " recorded_at, mrr_change_minor, currency) FROM STDIN"
    ) as rows:
        for whom, one in found:
            place = (one.subscription_id, one.tier_id, one.from_tier_id, one.moved_minor, one.kind)
            rows.write_row((whom, *place, one.effective_at, one.effective_at, one.change.minor, one.change.currency))
    return len(found)


def _rates(owner: "psycopg.Connection[tuple[object, ...]]", chance: random.Random) -> None:
    owner.execute("DELETE FROM fx_rate")
    with owner.cursor().copy("COPY fx_rate (base, quote, valid_from, rate, source) FROM STDIN") as rows:
        for currency, rate in CURRENCIES.items():
            worth = rate
            for number in range((NOW - BEGUN).days + 2 if currency != "USD" else 0):
                worth *= chance.uniform(0.995, 1.005)
                rows.write_row((currency, "USD", (BEGUN + timedelta(days=number)).date(), f"{worth:.8f}", "bench"))
