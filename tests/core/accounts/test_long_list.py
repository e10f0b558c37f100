"""A list of 5,000 customers: every order, filter and chip against the list itself, and pages read from indexes."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select
from sqlalchemy.engine import make_url

from core.accounts.card_facts import with_places
from core.accounts.customers import Customer, CustomerFilter
from core.accounts.orders import SORTS, after, order_by, order_named
from core.accounts.reads import columns, count_customers, facets, list_customers
from core.databases import Databases
from core.ids import new_id
from core.money import Money
from db.models.accounts import customer_card
from db.models.organizations import organization
from db.session import SYSTEM, ReadSession, WriteSession
from tests.cast import Cast
from tests.conftest import NOW

EVERYBODY = CustomerFilter()
MANY = 5000


def generated(n: int) -> dict[str, Any]:
    """Return a customer whose name, money, health and dates repeat and are missing at places."""
    now, minor = NOW, n % 97 * 100
    return with_places(
        {
            "organization_id": new_id(),
            "name": ("Acme ", "apex ", "Émile ", "zorg_")[n % 4] + str(n),
            "segment": ("Retail", "SaaS", None)[n % 3],
            "license_id": new_id(),
            "install_id": f"inst-{n}",
            "tier_id": ("free", "basic", "pro", "enterprise")[n % 4],
            "term": ("paid", "trial")[n % 2],
            "licenses": 1,
            "issued_at": now,
            "expires_at": None if n % 5 == 0 else now + timedelta(days=n % 50 - 10),
            "suspended_at": now if n % 17 == 0 else None,
            "revoked_at": now if n % 13 == 0 else None,
            "mrr_minor": minor,
            "currency": ("USD", "EUR")[n % 2],
            "by_mrr": minor,
            "health": Decimal(n % 101) if n % 7 else None,
            "events_30d": n % 211,
            "daily_30d": [],
            "limit_share": Decimal(n % 120) / 100 if n % 3 else None,
            "limit_meter": "api_calls_day",
            "upsells": 0,
            "last_seen_at": now - timedelta(hours=n % 300) if n % 4 else None,
            "refreshed_at": now,
        }
    )


@pytest.fixture(scope="module", autouse=True)
def many(databases: Databases, cast: Cast) -> None:
    """Fill this module's database once."""
    cards = [generated(n) for n in range(MANY)]
    ids = [
        {"id": card["organization_id"], "name": card["name"], "realm": "customer", "created_at": NOW} for card in cards
    ]
    with databases.control.write(SYSTEM) as session:
        session.execute(insert(organization), ids)
        session.execute(insert(customer_card), cards)
    # As the owner: the app itself may not, and leaves it to autovacuum.
    own = make_url(os.environ["CALOS_TEST_SERVER"]).set(database=databases.control.engine.url.database)
    with psycopg.connect(own.render_as_string(hide_password=False)) as connection:
        connection.execute("ANALYZE customer_card")


@pytest.fixture(scope="module")
def everybody(databases: Databases, cast: Cast) -> list[Customer]:
    """Return all customers, read page by page."""
    with databases.control.read(SYSTEM) as session:
        return list(pages(session, cast, "name", EVERYBODY))


def pages(session: ReadSession, cast: Cast, sort: str, wanted: CustomerFilter) -> Iterator[Customer]:
    cursor = None
    while True:
        page = list_customers(session, cast.fiona, wanted, now=NOW, sort=sort, cursor=cursor, limit=200)
        yield from page.customers
        cursor = page.next_cursor
        if cursor is None:
            return


@pytest.mark.parametrize("sort", SORTS)
def test_each_order_shows_everybody_once(session: WriteSession, cast: Cast, now: datetime, sort: str) -> None:
    seen = list(pages(session, cast, sort, EVERYBODY))
    assert len({one.organization_id for one in seen}) == len(seen) == MANY
    keys: dict[str, Any] = {
        "mrr": lambda one: -one.mrr.minor,
        "health": lambda one: 999 if one.health is None else one.health,
        "usage": lambda one: -one.events_30d,
        "last_seen": lambda one: -(one.last_seen_at.timestamp() if one.last_seen_at else -1e12),
        "renewal": lambda one: one.expires_at.timestamp() if one.expires_at else 1e12,
        "limit": lambda one: -(one.limit_share or 0),
    }
    if sort in keys:
        values = [keys[sort](one) for one in seen]
        assert values == sorted(values)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("deep", [False, True])
def test_a_page_of_a_long_list_is_read_from_its_index(
    session: WriteSession, cast: Cast, now: datetime, sort: str, deep: bool
) -> None:
    order = order_named(sort)
    statement = select(*columns(now)).order_by(*order_by(order)).limit(51)
    if deep:
        cursor = list_customers(session, cast.fiona, EVERYBODY, now=now, sort=sort, limit=100).next_cursor
        assert cursor is not None
        statement = statement.where(after(sort, cursor))
    compiled = statement.compile(dialect=session.connection.dialect)
    plan = session.connection.exec_driver_sql(f"EXPLAIN {compiled}", dict(compiled.params)).scalars().all()
    said = "\n".join(plan)
    assert f"ix_customer_card_{sort}" in said, said
    assert "Sort" not in said
    assert "Seq Scan" not in said
    if deep:
        assert "Index Cond" in said, said


@pytest.mark.parametrize(
    "wanted",
    [
        {"status": "active"},
        {"status": "expiring"},
        {"status": "expired"},
        {"status": "suspended"},
        {"status": "revoked"},
        {"tier": "pro"},
        {"segment": "Retail"},
        {"term": "trial"},
        {"text": "zorg_"},
        {"text": "ZORG_4"},
        {"text": "inst-42"},
        {"text": "100%"},
        {"at_risk": True},
        {"near_limit": True},
        {"live": True},
        {"tier": "pro", "status": "active", "segment": "SaaS"},
    ],
)
def test_filters_leave_who_fits(
    session: WriteSession, cast: Cast, now: datetime, everybody: list[Customer], wanted: dict[str, Any]
) -> None:
    def fits(one: Customer) -> bool:
        checks: dict[str, Callable[[Any], bool]] = {
            "status": lambda value: one.status == value,
            "tier": lambda value: one.tier_id == value,
            "segment": lambda value: one.segment == value,
            "term": lambda value: one.term == value,
            "text": lambda value: value.lower() in one.name.lower() or one.install_id == value,
            "at_risk": lambda _: one.health is not None and one.health < 50 and one.status != "revoked",
            "near_limit": lambda _: (one.limit_share or 0) >= 0.8 and one.status != "revoked",
            "live": lambda _: one.status not in {"revoked", "suspended", "expired"},
        }
        return all(checks[name](value) for name, value in wanted.items())

    expected = {one.organization_id for one in everybody if fits(one)}
    assert {one.organization_id for one in pages(session, cast, "health", CustomerFilter(**wanted))} == expected
    totals = count_customers(session, cast.fiona, CustomerFilter(**wanted), now=now)
    assert totals.customers == len(expected)
    assert totals.mrr is not None
    paid = [one.mrr for one in everybody if one.organization_id in expected and one.mrr is not None]
    dollars, euros = (sum(mrr.minor for mrr in paid if mrr.currency == code) for code in ("USD", "EUR"))
    assert totals.mrr == Money(dollars + (euros * 113 + 50) // 100, "USD")


def test_chips_count_everybody(session: WriteSession, cast: Cast, now: datetime, everybody: list[Customer]) -> None:
    chips = facets(session, cast.vera, now=now)
    assert chips.total == MANY == sum(chips.status.values()) == sum(chips.tier.values())
    assert chips.status["revoked"] == sum(one.status == "revoked" for one in everybody)
    assert chips.segment == {name: sum(one.segment == name for one in everybody) for name in ("Retail", "SaaS")}
    assert chips.trials == sum(one.term == "trial" for one in everybody)
    assert chips.at_risk == count_customers(session, cast.fiona, CustomerFilter(at_risk=True), now=now).customers
