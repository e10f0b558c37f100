"""Scenarios of cash: no change is the base, each lever pushes one way, runway is burn's, plans beside actuals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotFound, NotPermitted
from core.finance.base_case import base_case
from core.finance.booking import book_cash
from core.finance.entries import CashCategory, NewCash
from core.finance.runway import outlook
from core.finance.saved_scenarios import (
    delete_scenario,
    plan_and_actual,
    save_scenario,
    scenario_named,
    scenarios,
)
from core.finance.scenarios import BOUNDS, Base, Levers, Projection, project
from core.money import Money
from core.periods import add_months, months_until
from db.session import SYSTEM
from tests.books import own_databases
from tests.cast import Cast, make_cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHARE = st.decimals("0", "1", places=4)
AMOUNT = st.decimals("0", "1e11", places=2)
BASES = st.builds(
    lambda cash, mrr, won, lost, collected, outs: Base(
        NOW, cash, mrr, won, lost, collected * 2, sorted(outs)[1], min(outs), max(outs)
    ),
    st.integers(-(10**9), 10**12),
    st.integers(0, 10**11),
    AMOUNT,
    SHARE,
    SHARE,
    st.lists(AMOUNT, min_size=3, max_size=3),
)
LEVERS = st.builds(Levers, **{name: st.integers(low, high) for name, (low, high) in BOUNDS.items()})
# Which way cash goes when a lever goes up.
WAY = {"growth": 1, "churn": -1, "price": 1, "hires": -1, "hire_cost": 0, "collection_days": -1}


@settings(deadline=None)
@given(BASES)
def test_no_change_is_the_base(base: Base) -> None:
    assert project(base, Levers(hire_cost=77)) == project(base)


@settings(max_examples=300, deadline=None)
@given(BASES, LEVERS, st.sampled_from([name for name, way in WAY.items() if way]), st.integers(0, 200))
def test_each_lever_pushes_cash_one_way(base: Base, levers: Levers, name: str, more: int) -> None:
    most = BOUNDS[name][1]
    pushed = replace(levers, **{name: min(getattr(levers, name) + more, most)})
    one, other = project(base, levers, 24), project(base, pushed, 24)
    low, high = (one, other) if WAY[name] > 0 else (other, one)
    # Decimals have 28 digits: the last cent of a sum may be their rounding.
    assert all(before <= after + 1 for before, after in zip(low.cash, high.cash, strict=True))
    for ending in ("expected", "worst", "best"):
        assert _lasts(low, ending) <= _lasts(high, ending) + Decimal("1e-9")


def _lasts(of: Projection, name: str) -> Decimal:
    found = getattr(of, name).months
    return Decimal("inf") if found is None else Decimal(found)


@settings(max_examples=200, deadline=None)
@given(BASES, LEVERS)
def test_the_range_holds_what_is_expected(base: Base, levers: Levers) -> None:
    found = project(base, levers)
    assert _lasts(found, "worst") <= _lasts(found, "expected") <= _lasts(found, "best")
    assert (found.expected.months is None) == (found.expected.ends_on is None)
    assert len(found.at) == len(found.cash) == len(found.mrr) == 61


def base(**changed: object) -> Base:
    """$120,000 in the bank, $10,000 of MRR that comes in and does not move, $20,000 out."""
    known = {
        "at": NOW,
        "cash": 12_000_000,
        "mrr": 1_000_000,
        "won": Decimal(0),
        "lost": Decimal(0),
        "collected": Decimal(1),
        "out": Decimal(2_000_000),
        "least_out": Decimal(1_500_000),
        "most_out": Decimal(3_000_000),
    }
    return Base(**{**known, **changed})  # type: ignore[arg-type]


def test_without_growth_it_is_the_runway_of_burn() -> None:
    found = project(base())
    burned = outlook(12_000_000, [Decimal(1_000_000)] * 12, NOW).expected
    assert burned is not None
    assert (found.expected.months, found.expected.ends_on) == (burned.months, burned.ends_on)
    assert (found.expected.months, found.expected.ends_on) == (Decimal(12), date(2027, 11, 21))
    assert (found.worst.months, found.best.months) == (Decimal(6), Decimal(24))


def test_levers_by_hand() -> None:
    assert project(base(), Levers(hires=1, hire_cost=10_000)).expected.months == 6
    assert project(base(), Levers(price=50)).expected.months == 24
    assert project(base(), Levers(price=100)).expected.ends_on is None
    # $5,000 a month won: receipts are 15, 20, 25 … thousand.
    assert project(base(won=Decimal(500_000)), months=3).cash[1:] == (11_500_000, 11_500_000, 12_000_000)
    # A tenth lost each month, and twice that.
    assert project(base(lost=Decimal("0.1")), months=2).mrr[1:] == (900_000, 810_000)
    assert project(base(lost=Decimal("0.1")), Levers(churn=100), months=2).mrr[1:] == (800_000, 640_000)


def test_customers_who_pay_later_cost_their_days_once() -> None:
    same, later = project(base(), months=4), project(base(), Levers(collection_days=30), months=4)
    missing = [before - after for before, after in zip(same.cash, later.cash, strict=True)]
    assert missing[0] == 0
    assert len(set(missing[1:])) == 1
    assert missing[1] == round(1_000_000 * 30 * 12 / 365)


def test_no_cash_ends_today() -> None:
    assert project(base(cash=0)).expected.months == 0
    assert project(base(cash=-5)).expected.ends_on == NOW.date()


@pytest.mark.parametrize("levers", [Levers(growth=301), Levers(price=-51), Levers(collection_days=200)])
def test_levers_have_bounds(levers: Levers) -> None:
    with pytest.raises(InvalidInput, match="from"):
        project(base(), levers)


def test_saved_levers_are_read_strictly() -> None:
    assert Levers.of({"growth": 5}) == Levers(growth=5)
    for given_ in ({"luck": 1}, {"growth": "5"}, {"growth": 5.0}, {"growth": True}):
        with pytest.raises(InvalidInput):
            Levers.of(dict(given_))


@pytest.fixture
def books(test_settings: Settings) -> Iterator[tuple[Databases, Cast]]:
    """$100,000 a year ago; each month $2,000 in and $7,000 out."""
    with own_databases(test_settings) as databases:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, NOW)
            entries = [entry(date(2025, 10, 1), "opening", 10_000_000)]
            for month in months_until(add_months(NOW, -1), 12):
                day = month.start.date().replace(day=9)
                entries += [entry(day, "receipts", 200_000), entry(day, "payroll", -700_000)]
            book_cash(session, cast.adam, entries, now=NOW)
        yield databases, cast


def entry(day: date, category: CashCategory, minor: int) -> NewCash:
    return NewCash(day, category, Money(minor, "USD"))


def test_the_base_is_what_the_books_say(books: tuple[Databases, Cast]) -> None:
    databases, cast = books
    with databases.control.read(SYSTEM) as session:
        found = base_case(session, cast.sam, as_of=NOW)
        assert base_case(session, cast.sam, as_of=add_months(NOW, -20)) is None
        with pytest.raises(NotPermitted):
            base_case(session, cast.mia, as_of=NOW)
    assert found is not None
    assert (found.cash, found.mrr, found.out) == (4_000_000, 0, Decimal(500_000))
    assert (found.least_out, found.most_out) == (Decimal(500_000), Decimal(500_000))


def test_a_saved_scenario_stands_beside_what_came(books: tuple[Databases, Cast]) -> None:
    databases, cast = books
    then = add_months(NOW, -3).replace(day=1, hour=0)
    with databases.control.write(SYSTEM) as session:
        made = save_scenario(session, cast.adam, "  Board   plan ", Levers(hires=1, hire_cost=1_000), now=then)
        assert (made.name, made.first_month) == ("Board plan", date(2026, 8, 1))
        held = plan_and_actual(session, cast.sam, made, as_of=NOW)
        # Nobody pays by subscription here, so receipts are set against what goes out: $6,000 a month, from $55,000.
        assert [each.foreseen for each in held] == [4_900_000, 4_300_000, 3_700_000]
        assert [each.actual for each in held] == [5_000_000, 4_500_000, 4_000_000]
        save_scenario(session, cast.adam, "board PLAN", Levers(growth=10), now=NOW)
        [again] = scenarios(session, cast.sam)
        assert (again.levers, again.first_month) == (Levers(growth=10), date(2026, 11, 1))
        assert plan_and_actual(session, cast.sam, again, as_of=NOW) == ()
        for refused in ("", "x" * 61):
            with pytest.raises(InvalidInput, match="Name it"):
                save_scenario(session, cast.adam, refused, Levers(), now=NOW)
        with pytest.raises(NotPermitted):
            save_scenario(session, cast.sam, "Mine", Levers(), now=NOW)
        delete_scenario(session, cast.adam, again.id, now=NOW)
        with pytest.raises(NotFound):
            scenario_named(session, cast.sam, "Board plan")
        with pytest.raises(NotFound):
            delete_scenario(session, cast.adam, again.id, now=NOW)


def test_before_cash_is_booked_nothing_can_be_saved(books: tuple[Databases, Cast]) -> None:
    databases, cast = books
    with databases.control.write(SYSTEM) as session, pytest.raises(InvalidInput, match="whole month of cash"):
        save_scenario(session, cast.adam, "Early", Levers(), now=add_months(NOW, -20))
