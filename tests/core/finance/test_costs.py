"""Costs as sums: by kind, product, customer, tier, segment and country, each once, exact, as of a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.errors import InvalidInput, NotPermitted
from core.finance.booking import book_costs
from core.finance.costs import DIMENSIONS, cost_facts
from core.finance.entries import NewCost
from core.finance.writes import record_movement
from core.money import Money
from core.organizations.writes import create_organization
from core.periods import Period, month_of, months_until
from db.session import WriteSession
from tests.books import bare_license, subscribe
from tests.cast import Cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OCTOBER = date(2026, 10, 31)


def book(session: WriteSession, cast: Cast, *entries: NewCost) -> None:
    book_costs(session, cast.adam, entries, now=NOW)


def rows(session: WriteSession, cast: Cast, *by: str, **where: list[str]) -> dict[tuple[object, ...], int]:
    found = cost_facts(session, cast.sam, months_until(NOW, 2), by=by, where=where, as_of=NOW)
    return {tuple(row[name] for name in ("period", *by)): row["cost"] for row in found.to_dict("records")}


def test_sums_by_every_dimension_add_up_to_the_whole(session: WriteSession, cast: Cast) -> None:
    german = create_organization(session, cast.system, "Tyrell", now=NOW, country="DE", segment="Robots")
    book(
        session,
        cast,
        NewCost(OCTOBER, "compute", Money(1_000, "USD"), german, "analytics"),
        NewCost(OCTOBER, "compute", Money(500, "USD"), german, "pos"),
        NewCost(OCTOBER, "support", Money(70, "USD")),
        NewCost(date(2026, 11, 1), "storage", Money(9, "USD"), cast.globex),
        NewCost(date(2026, 11, 2), "compute", Money(-4, "USD"), cast.globex),
    )
    october, november = (month.start.replace(tzinfo=None) for month in months_until(NOW, 2))
    assert rows(session, cast) == {(october,): 1_570, (november,): 5}
    for name in DIMENSIONS:
        found = cost_facts(session, cast.sam, months_until(NOW, 2), by=(name,), as_of=NOW)
        assert found.groupby("period")["cost"].sum().tolist() == [1_570, 5], name
    assert rows(session, cast, "cost_kind", "product", cost_kind=["compute"], customer=[str(german)]) == {
        (october, "compute", "analytics"): 1_000,
        (october, "compute", "pos"): 500,
    }
    assert rows(session, cast, segment=["Robots"]) == rows(session, cast, country=["DE"], segment=["Robots"])
    named = cost_facts(session, cast.sam, months_until(NOW, 2), by=("customer",), as_of=NOW)
    assert dict(zip(named["organization_id"], named["customer"], strict=True))[str(german)] == "Tyrell"


def test_a_cost_counts_for_the_tier_of_its_day(session: WriteSession, cast: Cast) -> None:
    moved = create_organization(session, cast.system, "Moved", now=NOW)
    basic = subscribe(session, cast.sam, moved, "basic", NOW - timedelta(days=60))
    record_movement(session, cast.sam, None, basic, now=NOW - timedelta(days=60))
    pro = subscribe(session, cast.sam, moved, "pro", NOW - timedelta(days=5))
    record_movement(session, cast.sam, None, pro, now=NOW - timedelta(days=5))
    free = create_organization(session, cast.system, "Never paid", now=NOW)
    bare_license(session, free, "free", NOW - timedelta(days=90))
    for owner in (moved, free):
        book(session, cast, *(NewCost(day, "compute", Money(10, "USD"), owner) for day in (OCTOBER, NOW.date())))
    book(session, cast, NewCost(NOW.date(), "support", Money(1, "USD")))
    found = cost_facts(session, cast.sam, months_until(NOW, 2), by=("tier",), as_of=NOW)
    october, november = (month.start.replace(tzinfo=None) for month in months_until(NOW, 2))
    seen = {(row["period"], row["tier"]): row["cost"] for row in found.to_dict("records")}
    assert seen == {
        (october, "basic"): 10,
        (october, "free"): 10,
        (november, "pro"): 10,
        (november, "free"): 10,
        (november, ""): 1,
    }


def test_euros_count_at_the_rate_of_their_day_and_are_rounded_once(session: WriteSession, cast: Cast) -> None:
    book(session, cast, *(NewCost(date(2026, 10, day), "compute", Money(10, "EUR")) for day in range(1, 11)))
    # Ten times 11.3 cents, not ten times 11.
    assert list(rows(session, cast).values()) == [113]


def test_what_lies_after_the_day_looked_at_has_not_happened(session: WriteSession, cast: Cast) -> None:
    book(session, cast, NewCost(date(2026, 11, 2), "compute", Money(5, "USD")))
    book(session, cast, NewCost(date(2026, 11, 3), "compute", Money(7, "USD")))
    months = months_until(NOW, 2)
    at = datetime(2026, 11, 2, 23, tzinfo=UTC)
    assert cost_facts(session, cast.sam, months, as_of=at)["cost"].tolist() == [5]
    assert cost_facts(session, cast.sam, months, as_of=datetime(2026, 10, 20, tzinfo=UTC)).empty


def test_periods_need_not_follow_each_other(session: WriteSession, cast: Cast) -> None:
    book(session, cast, *(NewCost(date(2026, 10, day), "compute", Money(day, "USD")) for day in range(1, 11)))
    day = timedelta(days=1)
    start = datetime(2026, 10, 1, tzinfo=UTC)
    periods = [Period(start + 5 * day, start + 7 * day), month_of(start), Period(start, start + day)]
    found = cost_facts(session, cast.sam, periods, as_of=NOW)
    assert found["cost"].tolist() == [13, 55, 1]


def test_an_unknown_dimension_and_who_may_not_are_refused(session: WriteSession, cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="not by color"):
        cost_facts(session, cast.sam, months_until(NOW, 2), by=("color",), as_of=NOW)
    for actor in (cast.mia, cast.vera):
        with pytest.raises(NotPermitted, match="finance:read"):
            cost_facts(session, actor, months_until(NOW, 2), as_of=NOW)
    with pytest.raises(NotPermitted, match="vendor's console"):
        cost_facts(session, cast.otto, months_until(NOW, 2), as_of=NOW)
