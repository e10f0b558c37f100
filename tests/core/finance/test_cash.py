"""Cash: balance and burn from the entries, the statement that adds up, and how long it lasts, with its range."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput, NotPermitted
from core.finance.booking import book_cash
from core.finance.cash import cash_facts
from core.finance.cash_statement import cash_outlook, cash_picture
from core.finance.entries import CASH_CATEGORIES, CashCategory, NewCash
from core.finance.runway import later, outlook, projected
from core.metrics.catalog import METRICS
from core.metrics.metric import Undefined
from core.money import Money
from core.periods import add_months, month_of, months_until
from db.session import WriteSession
from tests.cast import Cast
from tests.core.finance.test_ledger import undone

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def cash(day: date, category: CashCategory, minor: int, currency: str = "USD") -> NewCash:
    return NewCash(day, category, Money(minor, currency))


def a_year(burns: list[int]) -> list[NewCash]:
    """An opening balance of $100,000, and each month what comes in and goes out, oldest first, ending with October."""
    entries = [cash(date(2025, 10, 1), "opening", 10_000_000)]
    for back, burn in enumerate(reversed(burns), start=1):
        day = add_months(NOW, -back).date().replace(day=10)
        entries += [cash(day, "receipts", 200_000), cash(day, "payroll", -200_000 - burn)]
    return entries


def facts_now(session: WriteSession, cast: Cast) -> dict[str, int]:
    """The facts of the month that runs."""
    [row] = cash_facts(session, cast.sam, [month_of(NOW)], as_of=NOW).to_dict("records")
    return {name: int(row[name]) for name in ("cash", "net_out", "months")}


def test_runway_is_cash_by_the_burn_of_three_whole_months(session: WriteSession, cast: Cast) -> None:
    november = cash(date(2026, 11, 2), "payroll", -90_000)
    raised = cash(date(2026, 9, 15), "financing", 5_000_000)
    book_cash(session, cast.adam, [*a_year([900_000, 300_000, 300_000, 600_000]), november, raised], now=NOW)
    row = facts_now(session, cast)
    # August, September and October; November is not over, and what investors gave is no income.
    assert (row["net_out"], row["months"]) == (1_200_000, 3)
    assert row["cash"] == 10_000_000 - 2_100_000 - 90_000 + 5_000_000
    assert METRICS["burn"].of(row) == 400_000
    assert METRICS["runway"].of(row) == Decimal(12_810_000) / 400_000


def test_a_month_that_is_over_at_its_last_instant_counts(session: WriteSession, cast: Cast) -> None:
    book_cash(session, cast.adam, a_year([100, 200, 300, 400]), now=NOW)
    october = month_of(datetime(2026, 10, 5, tzinfo=UTC))
    later_on, at_its_end, within = (
        cash_facts(session, cast.sam, [october], as_of=at)["net_out"][0]
        for at in (NOW, october.end - timedelta(microseconds=1), october.end - timedelta(seconds=1))
    )
    assert (later_on, at_its_end, within) == (900, 900, 600)


def test_other_currencies_count_at_the_rate_of_their_day(session: WriteSession, cast: Cast) -> None:
    # The planning rates of the books: 1.08 dollars for a euro in 2025, 1.13 in 2026.
    days = [cash(date(2025, 12, 31), "receipts", 10_001, "EUR"), cash(date(2026, 1, 1), "receipts", 10_001, "EUR")]
    book_cash(session, cast.adam, days, now=NOW)
    known = cash_facts(session, cast.sam, months_until(datetime(2026, 1, 9, tzinfo=UTC), 2), as_of=NOW)
    # 108.0108 and then 113.0113 on top, exact until rounded once.
    assert known["cash"].tolist() == [10_801, 22_102]


def test_before_anything_is_booked_nothing_is_known(session: WriteSession, cast: Cast) -> None:
    row = facts_now(session, cast)
    assert (row["cash"], row["months"]) == (0, 0)
    assert isinstance(METRICS["burn"].of(row), Undefined)
    assert isinstance(METRICS["runway"].of(row), Undefined)
    assert cash_picture(session, cast.sam, months_until(NOW, 12), as_of=NOW) is None
    assert cash_outlook(session, cast.sam, as_of=NOW).expected is None
    assert cash_facts(session, cast.sam, [month_of(add_months(NOW, 1))], as_of=NOW).empty


def test_an_opening_balance_alone_burns_nothing(session: WriteSession, cast: Cast) -> None:
    book_cash(session, cast.adam, [cash(date(2026, 10, 1), "opening", 500_000)], now=NOW)
    row = facts_now(session, cast)
    assert (row["cash"], row["months"]) == (500_000, 0)


def test_cash_has_no_dimensions_and_only_who_sees_money_sees_it(session: WriteSession, cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="as a whole"):
        cash_facts(session, cast.sam, [month_of(NOW)], by=("tier",), as_of=NOW)
    for actor in (cast.mia, cast.vera):
        with pytest.raises(NotPermitted, match="finance:read"):
            cash_facts(session, actor, [month_of(NOW)], as_of=NOW)
    with pytest.raises(NotPermitted, match="vendor's console"):
        cash_facts(session, cast.otto, [month_of(NOW)], as_of=NOW)


ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 400), st.sampled_from(CASH_CATEGORIES), st.integers(-(10**9), 10**9).filter(bool),
        st.sampled_from(["USD", "EUR"]),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ENTRIES)
def test_the_statement_adds_up(
    session: WriteSession, cast: Cast, given: list[tuple[int, CashCategory, int, str]]
) -> None:
    with undone(session):
        entries = [
            cash((NOW - timedelta(days=back)).date(), category, minor, currency)
            for back, category, minor, currency in given
        ]
        book_cash(session, cast.adam, entries, now=NOW)
        picture = cash_picture(session, cast.sam, months_until(NOW, 15), as_of=NOW)
        assert picture is not None
        rows = picture.statement
        # Cells are rounded one by one, so a row of euros may be off by half a cent a cell.
        dollars_only = all(currency == "USD" for *_, currency in given)
        allowed = 0 if dollars_only else len(CASH_CATEGORIES)
        assert (rows[list(CASH_CATEGORIES)].sum(axis=1) - rows["net"]).abs().max() <= allowed
        assert (rows["balance"].diff().fillna(rows["balance"]) - rows["net"]).abs().max() <= allowed
        assert rows["balance"].iloc[-1] == picture.outlook.cash.minor
        assert picture.path["cash"].min() >= min(0, *rows["balance"])


def test_the_range_is_the_best_and_worst_quarter_of_a_year() -> None:
    net_outs: list[Decimal | None] = [Decimal(each) for each in (9, 9, 9, 6, 6, 6, 1, 2, 3, 6, 6, 9)]
    found = outlook(7_000, [None if each is None else each * 100 for each in net_outs], NOW)
    assert found.expected is not None
    assert found.worst is not None
    assert found.best is not None
    assert (found.expected.burn.minor, found.worst.burn.minor, found.best.burn.minor) == (700, 900, 200)
    assert [found.expected.months, found.best.months] == [10, 35]
    assert found.expected.ends_on == date(2027, 9, 21)


def test_who_earns_money_has_no_end() -> None:
    found = outlook(7_000, [Decimal(-100)] * 3, NOW)
    assert found.expected is not None
    assert (found.expected.burn.minor, found.expected.months, found.expected.ends_on) == (-100, None, None)
    assert projected(found) == []


def test_cash_that_is_gone_lasts_no_month() -> None:
    found = outlook(-50, [Decimal(100)] * 3, NOW)
    assert found.expected is not None
    assert [found.expected.months, found.expected.ends_on] == [0, NOW.date()]


def test_a_part_of_a_month_is_that_part_of_its_days() -> None:
    assert later(datetime(2026, 11, 21, tzinfo=UTC), Decimal("1.5")) == datetime(2027, 1, 5, 12, tzinfo=UTC)
    assert later(datetime(2026, 1, 31, tzinfo=UTC), Decimal(1)) == datetime(2026, 2, 28, tzinfo=UTC)


def test_the_line_ends_where_cash_does() -> None:
    points = projected(outlook(1_000, [Decimal(400)] * 3, NOW))
    assert [point[1] for point in points] == [1_000, 600, 200, 0]
    assert points[-1][0] == later(NOW, Decimal("2.5"))
    assert all(worst <= expected <= best for _, expected, worst, best in points)


def test_months_before_the_books_began_are_left_out(session: WriteSession, cast: Cast) -> None:
    book_cash(session, cast.adam, a_year([100, 200, 300, 400]), now=NOW)
    picture = cash_picture(session, cast.sam, months_until(NOW, 36), as_of=NOW)
    assert picture is not None
    assert len(picture.statement) == 14
    assert len(picture.burns) == 4
    assert [each.day for each in picture.path["at"][:3]] == [1, 1, 1]
