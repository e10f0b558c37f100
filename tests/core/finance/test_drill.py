"""The rows behind a figure add up to it, whatever they are narrowed to, and come page by page."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from core.billing.reads import price_in_force
from core.billing.writes import change_subscription, end_subscription
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.finance.drill import MovementRow, departures, movement_rows, subscription_rows
from core.finance.ledger import ledger_facts
from core.finance.tally import FLOWS
from core.finance.writes import record_movement
from core.organizations.writes import create_organization
from core.periods import Period, month_of
from db.session import SYSTEM, ReadSession
from tests.books import subscribe
from tests.cast import Cast

BEGUN = datetime(2026, 1, 10, tzinfo=UTC)
MARCH = month_of(datetime(2026, 3, 1, tzinfo=UTC))
NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
WHERE = [
    {},
    {"tier": ("pro",)},
    {"tier": ("basic",)},
    {"country": ("DE",)},
    {"country": ("",)},
    {"segment": ("Retail",), "tier": ("basic", "pro")},
    {"currency": ("EUR",)},
]


@pytest.fixture(scope="module", autouse=True)
def books(databases: Databases, cast: Cast) -> None:
    """Four customers of January; in March one moved to Pro, one left, and one in euros came."""
    places = [("DE", "Retail"), ("US", "Retail"), (None, None), ("FR", "Food")]
    with databases.control.write(SYSTEM) as session:
        held = []
        for number, (country, segment) in enumerate(places):
            name = f"Customer {number}"
            who = create_organization(session, cast.system, name, now=BEGUN, country=country, segment=segment)
            held.append(subscribe(session, cast.system, who, "basic", BEGUN + timedelta(days=number)))
            record_movement(session, cast.system, None, held[-1], now=BEGUN + timedelta(days=number))
        price = price_in_force(session, "pro", "monthly", "USD", BEGUN).amount
        at = MARCH.start + timedelta(days=3)
        changed = change_subscription(session, cast.system, held[0], "pro", "monthly", price, now=at)
        record_movement(session, cast.system, held[0], changed, now=at)
        at += timedelta(days=1)
        end_subscription(session, cast.system, held[1], now=at)
        record_movement(session, cast.system, held[1], None, now=at, reason="They went bankrupt.")
        came = create_organization(session, cast.system, "In euros", now=at, country="DE", segment="Retail")
        euros = subscribe(session, cast.system, came, "pro", at, period="annual", currency="EUR")
        record_movement(session, cast.system, None, euros, now=at)


@pytest.fixture
def session(databases: Databases) -> Iterator[ReadSession]:
    """Yield a session to read with."""
    with databases.control.read(SYSTEM) as opened:
        yield opened


@pytest.mark.parametrize("where", WHERE)
def test_movements_add_up_to_the_ledger(session: ReadSession, cast: Cast, where: dict[str, tuple[str, ...]]) -> None:
    rows = movement_rows(session, cast.fiona, MARCH, where=where, as_of=NOW).rows
    facts = ledger_facts(session, cast.fiona, [MARCH], where=where, as_of=NOW)
    assert sum(each.reported.minor for each in rows) == int(facts[list(FLOWS)].sum().sum())


@pytest.mark.parametrize("kind", ["new", "expansion", "churn", "contraction"])
@pytest.mark.parametrize("where", WHERE)
def test_one_kind_adds_up_too(session: ReadSession, cast: Cast, where: dict[str, tuple[str, ...]], kind: str) -> None:
    rows = movement_rows(session, cast.fiona, MARCH, kind=kind, where=where, as_of=NOW).rows
    facts = ledger_facts(session, cast.fiona, [MARCH], where=where, as_of=NOW)
    assert sum(each.reported.minor for each in rows) == int(facts[kind].sum())


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("at", [MARCH.start - timedelta(microseconds=1), NOW])
def test_subscriptions_add_up_to_mrr(
    session: ReadSession, cast: Cast, where: dict[str, tuple[str, ...]], at: datetime
) -> None:
    rows = subscription_rows(session, cast.fiona, at=at, where=where).rows
    facts = ledger_facts(session, cast.fiona, [Period(BEGUN, at)], where=where, as_of=at)
    assert sum(each.reported.minor for each in rows) == int(facts["closing"].sum())
    assert len({each.organization_id for each in rows}) == int(facts["customers_closing"].sum())


def test_pages_follow_each_other_without_gap_or_repetition(session: ReadSession, cast: Cast) -> None:
    year = Period(BEGUN, NOW)
    whole = movement_rows(session, cast.fiona, year, as_of=NOW)
    assert whole.next_cursor is None
    assert [each.at for each in whole.rows] == sorted((each.at for each in whole.rows), reverse=True)
    walked: list[MovementRow] = []
    cursor = None
    while True:
        page = movement_rows(session, cast.fiona, year, as_of=NOW, cursor=cursor, limit=2)
        walked += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    assert tuple(walked) == whole.rows
    first = subscription_rows(session, cast.fiona, at=NOW, limit=1)
    second = subscription_rows(session, cast.fiona, at=NOW, limit=500, cursor=first.next_cursor)
    assert first.rows + second.rows == subscription_rows(session, cast.fiona, at=NOW).rows


def test_what_is_dated_later_has_not_happened(session: ReadSession, cast: Cast) -> None:
    before = MARCH.start + timedelta(days=1)
    assert movement_rows(session, cast.fiona, MARCH, as_of=before).rows == ()


def test_who_left_is_told_with_since_when_and_why(session: ReadSession, cast: Cast) -> None:
    (gone,) = departures(session, cast.fiona, Period(BEGUN, NOW))
    assert (gone.customer, gone.reason, gone.lost.minor) == ("Customer 1", "They went bankrupt.", 9_900)
    assert gone.since == BEGUN + timedelta(days=1)


@pytest.mark.parametrize("cursor", ["yesterday", "2026-01-01 x", "2026-01-01", ""])
def test_a_foreign_cursor_is_refused(session: ReadSession, cast: Cast, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        movement_rows(session, cast.fiona, MARCH, as_of=NOW, cursor=cursor)
    with pytest.raises(InvalidInput):
        subscription_rows(session, cast.fiona, at=NOW, cursor=cursor)


def test_who_does_not_see_money_sees_no_row(session: ReadSession, cast: Cast) -> None:
    for actor in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            movement_rows(session, actor, MARCH, as_of=NOW)
        with pytest.raises(NotPermitted):
            subscription_rows(session, actor, at=NOW)
        with pytest.raises(NotPermitted):
            departures(session, actor, MARCH)
