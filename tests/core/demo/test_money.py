"""The books of the demo: a runway worth watching, one customer behind dearer computing, and everything booked once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.access.actor import Actor
from core.accounts.invoicing import SOURCE as PAYMENTS
from core.config import Settings
from core.databases import Databases
from core.demo import world
from core.demo.money import SOURCE, build_money
from core.finance.cash_statement import cash_outlook, cash_picture
from core.finance.economics import economics_facts
from core.finance.margins import driver, margin_months
from core.metrics.catalog import METRICS
from core.metrics.metric import Undefined
from core.metrics.sums import sums_of
from core.periods import month_of, months_until
from db.models.costs import cash_entry, cost_entry
from db.session import SYSTEM, ReadSession
from tests.books import own_databases

# A day in the middle of a month, and the last of a long one, whose months ago are other months.
DAYS = (datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 12, 31, 12, tzinfo=UTC))


@pytest.fixture(scope="module", params=DAYS, ids=[f"{day:%Y-%m-%d}" for day in DAYS])
def now(request: pytest.FixtureRequest) -> datetime:
    day: datetime = request.param
    return day


@pytest.fixture(scope="module")
def books(test_settings: Settings, now: datetime) -> Iterator[tuple[Databases, Actor]]:
    """The demo's customers without their telemetry, and its books."""
    with own_databases(test_settings) as opened:
        with opened.control.write(SYSTEM) as session:
            actor = world._begin(session, now)
        for customer in world.everybody():
            world._account(opened, test_settings, actor, customer, now)
        world._bill(opened, actor, world.everybody(), now)
        for _ in range(2):
            with opened.control.write(SYSTEM) as session:
                build_money(session, actor, world.everybody(), now=now)
        yield opened, actor


@pytest.fixture
def session(books: tuple[Databases, Actor]) -> Iterator[ReadSession]:
    with books[0].control.read(SYSTEM) as opened:
        yield opened


@pytest.fixture
def actor(books: tuple[Databases, Actor]) -> Actor:
    return books[1]


def test_cash_lasts_about_thirteen_months(session: ReadSession, actor: Actor, now: datetime) -> None:
    found = cash_outlook(session, actor, as_of=now)
    assert found.expected is not None
    assert found.worst is not None
    assert found.best is not None
    assert found.expected.months is not None
    assert 12 < found.expected.months < 14
    assert found.worst.burn.minor > found.expected.burn.minor > found.best.burn.minor > 0
    picture = cash_picture(session, actor, months_until(now, 40), as_of=now)
    assert picture is not None
    assert len(picture.statement) == 37
    assert picture.statement["balance"].min() > 0
    assert picture.statement["financing"].gt(0).sum() == 1


def test_the_margin_is_a_saas_companys_and_fell_last_month(session: ReadSession, actor: Actor, now: datetime) -> None:
    shares = margin_months(session, actor, months_until(now, 8)[:-1], as_of=now)["margin"].tolist()
    assert all(Decimal("0.74") < each < Decimal("0.82") for each in shares)
    assert shares[-2] - shares[-1] > Decimal("0.02")


def test_computing_is_dearer_by_one_customers_reports(session: ReadSession, actor: Actor, now: datetime) -> None:
    found = driver(session, actor, months_until(now, 2)[0], as_of=now)
    assert found is not None
    assert (found.kind, found.customer, found.product_id) == ("compute", "Globex", "analytics")
    assert found.growth is not None
    assert round(found.growth, 3) == Decimal("0.38")
    assert found.share > Decimal("0.75")


def test_a_customer_returns_what_winning_it_cost_three_to_four_times(
    session: ReadSession, actor: Actor, now: datetime
) -> None:
    [row] = economics_facts(session, actor, [month_of(now)], as_of=now).to_dict("records")
    ratio, payback = (METRICS[name].of(sums_of(row)) for name in ("ltv_to_cac", "payback"))
    assert not isinstance(ratio, Undefined)
    assert not isinstance(payback, Undefined)
    assert 3 < ratio < Decimal("4.5")
    assert payback < 18


def test_everything_is_booked_once_and_says_where_it_is_from(session: ReadSession, now: datetime) -> None:
    sources = {cost_entry: {SOURCE}, cash_entry: {SOURCE, PAYMENTS}}
    for table, told in sources.items():
        assert set(session.execute(select(table.c.source).distinct()).scalars()) == told
        assert session.execute(select(func.max(table.c.booked_on))).scalar_one() <= now.date()
    seeds = select(func.count()).where(cash_entry.c.category == "financing")
    assert session.execute(seeds).scalar_one() == 1
